"""Grammars and packages for editors."""
