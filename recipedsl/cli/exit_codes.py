"""What the process says at its end. Scripts read these numbers: they never change meaning."""

from __future__ import annotations

FINE = 0
RECIPE_ERRORS = 1  # the recipe, or what it names, has errors
USAGE = 2  # the command was called in a wrong way (click's own number)
RUN_FAILED = 3  # something went wrong while the plan was carried out, or in recipedsl itself
GATE_FAILED = 4  # everything ran, an `expect` of an eval did not hold
INTERRUPTED = 130  # Ctrl-C, as shells count it
