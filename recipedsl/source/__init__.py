"""Where a text came from and where in it something stands. Everything else points here."""

from recipedsl.source.source import Location, Position, Source, Span

__all__ = ["Location", "Position", "Source", "Span"]
