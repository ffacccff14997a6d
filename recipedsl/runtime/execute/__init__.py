"""Carries out a plan: every node in its order, stages in processes of their own; what is stored is skipped.

run.py         execute(plan, …) -> RunOutcome
outcome.py     Options, Makers, NodeOutcome, RunOutcome
observer.py    who is told what happens
choose.py      which nodes are asked for
checks.py      what is looked at before anything is made
child.py       one process: started, watched, interrupted
workers.py     the processes of stages and evals, and what their ends mean
gates.py       gates of evals, decided from their results
places.py      the place in the recipe that a problem belongs to
card.py        README.md beside the weights of a stage
"""

from recipedsl.runtime.execute.gates import judged_results
from recipedsl.runtime.execute.observer import Lines, Observer, Silent, Together
from recipedsl.runtime.execute.outcome import Makers, NodeOutcome, Options, RunOutcome
from recipedsl.runtime.execute.run import execute

__all__ = [
    "Lines",
    "Makers",
    "NodeOutcome",
    "Observer",
    "Options",
    "RunOutcome",
    "Silent",
    "Together",
    "execute",
    "judged_results",
]
