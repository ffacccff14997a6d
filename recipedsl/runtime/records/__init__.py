"""What is kept of a run for people and reports.

folder.py       runs/<time>-<recipe>-<id>/: written while the run goes on, found again later
environment.py  the machine and the versions, without anything that names a person or a host
reached.py      how far nodes came that did not end
summary.py      summary.md
"""

from recipedsl.runtime.records.environment import environment
from recipedsl.runtime.records.folder import Recorder, Run, list_runs, load_run

__all__ = ["Recorder", "Run", "environment", "list_runs", "load_run"]
