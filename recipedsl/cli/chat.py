"""`recipedsl chat`: talk to a result. The model is loaded in a process of its own."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recipedsl.cli.options import root_option
from recipedsl.cli.project import root_of

if TYPE_CHECKING:
    from recipedsl.plan.model import ModelNode, Plan, StageNode
    from recipedsl.runtime.records import Run


@click.command()
@click.argument("run", default="last")
@click.option(
    "--stage", default="", metavar="NAME", help="Which result; the last policy of the run when left out."
)
@click.option("--system", default="", metavar="TEXT", help="System message.")
@click.option(
    "--max-new-tokens",
    default=512,
    show_default=True,
    type=click.IntRange(1),
    help="Longest answer in tokens.",
)
@click.option(
    "--temperature",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0),
    help="0 takes the likeliest token.",
)
@click.option("-m", "--message", metavar="TEXT", help="Ask this, print the answer, and end.")
@root_option
def chat(
    run: str,
    stage: str,
    system: str,
    max_new_tokens: int,
    temperature: float,
    message: str | None,
    root: Path | None,
) -> int:
    """Talk to a result of RUN: its name, a part that only it has, or `last`.

    /reset forgets what was said, /quit ends it. Without a terminal every line of the input is a question.
    """  # fmt: skip
    from recipedsl.runtime.records import load_run

    home = (root or root_of(Path())).resolve()
    found = load_run(home, run)
    plan = found.plan()
    node = _node(found, plan, stage)
    folder = found.result_folder(node.name)
    if folder is None:
        raise click.UsageError(f"`{node.name}` of run {found.id} is not in the store any more")
    options = ["--max-new-tokens", str(max_new_tokens), "--temperature", str(temperature)]
    options += ["--system", system] if system else []
    options += ["--message", message] if message is not None else []
    with _template(found, plan, node, home) as template:
        return _talk([str(folder), *template, *options])


def _node(run: Run, plan: Plan, stage: str) -> ModelNode | StageNode:
    """The result that is meant. Raises click.UsageError."""
    from recipedsl.diagnostics import nearest
    from recipedsl.plan.model import ModelNode, StageNode

    policies = [
        each
        for each in plan.nodes
        if isinstance(each, ModelNode) or (isinstance(each, StageNode) and each.gives == "policy")
    ]
    finished = [each for each in policies if run.result_folder(each.name) is not None]
    if not stage and finished:
        return finished[-1]
    for each in finished:
        if each.name == stage:
            return each
    names = [each.name for each in finished]
    close = nearest(stage, names) if stage else None
    told = f"it has {', '.join(names)}" if names else "it finished none"
    raise click.UsageError(
        f"run {run.id} has no result {stage!r} to talk to; " + (f"did you mean {close!r}?" if close else told)
    )


@contextmanager
def _template(run: Run, plan: Plan, node: ModelNode | StageNode, root: Path) -> Iterator[list[str]]:
    """Options that hand over the template that the stage was trained with."""
    from recipedsl.data.tokens.template import template_text
    from recipedsl.data.tokens.tokenizer import load_tokenizer
    from recipedsl.plan.model import ModelNode

    base = node if isinstance(node, ModelNode) else plan.node(node.base)
    folder = run.result_folder(base.name)
    if not isinstance(base, ModelNode) or folder is None:
        raise click.UsageError(f"the base model of `{node.name}` is not in the store any more")
    text = template_text(base.template, load_tokenizer(folder), root)
    with tempfile.TemporaryDirectory(prefix="recipedsl-") as place:
        file = Path(place) / "template.jinja"
        file.write_text(text, "utf-8")
        stop = ["--stop", base.template.stop] if base.template.stop else []
        yield ["--template", str(file), "--dtype", base.dtype, *stop]


def _talk(arguments: list[str]) -> int:
    """Runs the conversation; from here on Ctrl-C belongs to it."""
    import signal

    from recipedsl.runtime.surroundings import clean_environment, python_command

    command = [*python_command("recipedsl.runtime.chat"), *arguments]
    with subprocess.Popen(command, env=clean_environment({})) as talking:
        # Only now: a process that is started while signals are ignored would ignore them too.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            return talking.wait()
        finally:
            signal.signal(signal.SIGINT, before)
