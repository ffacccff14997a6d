"""The folder of a run, `runs/<yyyy-mm-dd-HHMMSS>-<recipe>-<id>/`: written while it goes on, read later.

    recipe.ftr        the recipe as written
    plan.json         what was carried out
    environment.json  machine and versions
    events.jsonl      of all nodes, in order
    outcome.json      state, nodes with fingerprints and seconds, problems; rewritten after every node
    metrics.json      last numbers of stages, results of evals
    samples.json      rendered samples of each tokens node
    rejects/          lines that were set aside, by data node
    logs/             what processes of failed nodes wrote
    links.json        result folders by node name, relative to the run's folder
    summary.md        the short page
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from recipedsl.diagnostics import Diagnostic, Help, RecipeError
from recipedsl.diagnostics.codes.run import UnknownRun
from recipedsl.plan.model import EvalNode, Node, Plan, StageNode, TokensNode
from recipedsl.runtime.events import Event
from recipedsl.runtime.execute.observer import Silent
from recipedsl.runtime.execute.outcome import NodeOutcome, RunOutcome
from recipedsl.runtime.loading_paths import relative
from recipedsl.runtime.records.environment import environment
from recipedsl.runtime.records.summary import summary
from recipedsl.runtime.store import Result, Why
