"""The executor without torch: order, skipping, choosing, failing."""

from __future__ import annotations

import subprocess
import sys

import pytest

from recipedsl.diagnostics import Bug, Diagnostic, RecipeError
from recipedsl.diagnostics.codes.run import ModelNotFound
from recipedsl.plan.model import Input, Plan, RewardTerm, ScoreSpec, StageNode
from recipedsl.runtime.execute import RunOutcome
from recipedsl.runtime.execute.checks import stage_bytes
from tests.runtime.execute.conftest import Project
from tests.runtime.execute.small_plans import data_node, plan_of, small_plan, stage_node

ALL = ["base", "lessons", "tuned.tokens", "tuned", "report", "final"]


def states(outcome: RunOutcome) -> dict[str, str]:
    return {node.name: node.state for node in outcome.nodes}


def test_everything_is_made_in_order(project: Project) -> None:
    outcome = project.run(small_plan())
    assert outcome.state == "done"
    assert [node.name for node in outcome.nodes] == ALL
    assert set(states(outcome).values()) == {"made"}
    assert project.made == ["base", "lessons", "tuned.tokens"]
    assert project.heard.said[:4] == ["base new", "base done", "lessons new", "lessons done"]
    assert outcome.results["tuned"].manifest.facts["steps"] == 3
    assert project.heard.outcome is outcome


def test_what_is_stored_is_skipped(project: Project) -> None:
    project.run(small_plan())
    outcome = project.run(small_plan())
    assert project.heard.said == [f"{name} cached" for name in ALL]
    assert set(states(outcome).values()) == {"cached"}
    assert outcome.results["final"].manifest.facts["steps"] == 3


def test_only_what_changed_is_made_again(project: Project) -> None:
    plan = small_plan()
    project.run(plan)
    nodes = list(plan.nodes)
    nodes[3] = stage_node("tuned", "base", "tuned.tokens", arguments={"learning_rate": 1e-4})
    project.run(plan_of(*nodes))
    made = [said for said in project.heard.said if "again" in said]
    assert made == [
        "tuned again because learning_rate 2e-4 -> 1e-4",
        "report again because tuned changed",
        "final again because tuned changed",
    ]


def test_a_worker_gets_what_it_needs_and_nothing_else(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HF_TOKEN", "WANDB_API_KEY", "ACCELERATE_MIXED_PRECISION"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    outcome = project.run(small_plan())
    facts = outcome.results["final"].manifest.facts
    folders = {name: str(outcome.results[name].folder) for name in ("tuned", "base", "tuned.tokens")}
    assert facts["inputs"] == {"root": str(project.root), **folders}
    assert {"PATH", "OMP_NUM_THREADS", "PYTHONPATH"} <= set(facts["environment"])
    assert not {"HF_TOKEN", "WANDB_API_KEY", "ACCELERATE_MIXED_PRECISION"} & set(facts["environment"])


def test_only(project: Project) -> None:
    outcome = project.run(small_plan(), only=("tuned",))
    assert [node.name for node in outcome.nodes] == ["base", "lessons", "tuned.tokens", "tuned"]


def test_from_makes_it_and_what_follows_again(project: Project) -> None:
    project.run(small_plan())
    outcome = project.run(small_plan(), from_="tuned")
    assert states(outcome) == dict(zip(ALL, ["cached"] * 3 + ["made"] * 3, strict=True))
    assert "tuned again because `--from tuned` asks for it" in project.heard.said


def test_prepare_only(project: Project) -> None:
    outcome = project.run(small_plan(), prepare_only=True)
    assert [node.name for node in outcome.nodes] == ["base", "lessons", "tuned.tokens"]


def test_an_unknown_name(project: Project) -> None:
    outcome = project.run(small_plan(), only=("tunned",))
    (found,) = outcome.diagnostics
    assert outcome.state == "failed"
    assert found.code == "R707"
    assert found.helps[0].text == "did you mean `tuned`?"


def test_a_maker_that_fails_gets_its_place(project: Project) -> None:
    project.trouble["lessons"] = RecipeError(Diagnostic(ModelNotFound, "no rows"))
    outcome = project.run(small_plan())
    (found,) = outcome.diagnostics
    assert found.primary is not None
    assert str(found.primary.source.location(found.primary.span)) == "recipe.ftr:3:1"
    assert states(outcome) == dict(zip(ALL, ["made", "failed", *["not run"] * 4], strict=True))
    assert project.heard.said[-1] == "lessons failed R720"


def test_without_the_text_the_place_is_a_note(project: Project) -> None:
    (project.root / "recipe.ftr").unlink()
    project.trouble["lessons"] = RecipeError(Diagnostic(ModelNotFound, "no rows"))
    (found,) = project.run(small_plan()).diagnostics
    assert found.primary is None
    assert found.notes == ("at recipe.ftr:3:1",)


def test_what_nobody_foresaw_goes_up_and_the_observer_knows(project: Project) -> None:
    project.trouble["lessons"] = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        project.run(small_plan())
    assert project.heard.outcome is not None
    assert project.heard.outcome.state == "failed"
    assert states(project.heard.outcome)["lessons"] == "failed"


def test_a_changed_file_stops_before_anything_is_made(project: Project) -> None:
    project.digests["data/lessons.jsonl"] = "new"
    outcome = project.run(small_plan(digest="old"))
    (found,) = outcome.diagnostics
    assert found.code == "R706"
    assert found.notes == ("planned: old", "found:   new")
    assert found.primary is not None
    assert project.made == []


def rewarded_plan() -> Plan:
    """A stage that is told by a function of the user's how good an answer is."""
    place = small_plan().node("tuned").origin
    settings = {"function": "rewards.py:score", "timeout": 10.0, "digest": "old"}
    score = ScoreSpec(keyword="python", name="score", settings=settings, origin=place)
    terms = (RewardTerm(weight=1.0, score=score),)
    nodes = [each for each in small_plan().nodes if each.name not in ("report", "final")]
    tuned = stage_node("tuned", "base", "tuned.tokens", rewards=terms)
    return plan_of(*(tuned if each.name == "tuned" else each for each in nodes))


def test_a_file_of_rewards_that_changed_stops_before_anything_is_made(project: Project) -> None:
    project.digests["rewards.py"] = "new"
    (found,) = project.run(rewarded_plan()).diagnostics
    assert (found.code, found.message) == ("R706", "`rewards.py` has changed since the plan was made")
    assert project.made == []


def test_a_file_of_rewards_that_changes_while_the_run_is_on(project: Project) -> None:
    """The stage would lie in the store under what the file was before."""

    class Edited(dict[str, str]):
        def get(self, path: str, default: str = "") -> str:  # type: ignore[override]
            return default if path != "rewards.py" else "new" if project.made else "old"

    project.digests = Edited()
    outcome = project.run(rewarded_plan())
    assert [each.code for each in outcome.diagnostics] == ["R706"]
    assert states(outcome)["tuned.tokens"] == "made"
    assert states(outcome)["tuned"] == "failed"


def test_a_plan_of_other_versions_is_not_carried_out(project: Project) -> None:
    """Its results would lie under fingerprints that name the plan's versions."""
    project.versions = {"polars": "9.9", "torch": "2.8.0"}
    (found,) = project.run(small_plan()).diagnostics
    assert (found.code, found.is_error) == ("R710", True)
    assert found.message == "`lessons` cannot be made as planned: other versions are installed"
    assert found.notes == ("polars: none in the plan, 9.9 here",)
    assert project.made == []


def test_what_the_plans_versions_made_is_used_with_a_word(project: Project) -> None:
    project.run(small_plan())
    project.versions = {"torch": "2.8.0"}
    assert project.run(small_plan()).state == "done"
    (found,) = project.heard.warnings
    assert (found.code, found.is_error) == ("R710", False)
    assert found.notes == ("torch: none in the plan, 2.8.0 here",)
    (found,) = project.run(small_plan(), from_="tuned").diagnostics
    assert (found.code, found.is_error) == ("R710", True)


def test_a_version_that_decides_nothing_here_does_not_matter(project: Project) -> None:
    project.versions = {"torch": "2.8.0"}
    assert project.run(small_plan(), only=("lessons",)).state == "done"
    assert project.heard.warnings == []


def test_files_of_stored_results_are_not_asked_for(project: Project) -> None:
    project.digests["data/lessons.jsonl"] = "old"
    project.run(small_plan(digest="old"))
    project.digests.clear()
    assert project.run(small_plan(digest="old")).state == "done"


def test_an_unfit_plan_never_runs(project: Project) -> None:
    plan = small_plan()
    broken = plan.model_copy(update={"nodes": plan.nodes[1:]})
    outcome = project.run(broken)
    assert [each.code for each in outcome.diagnostics] == ["R705"]
    assert project.made == []


def test_a_damaged_result_is_made_again(project: Project) -> None:
    outcome = project.run(small_plan())
    (outcome.results["tuned.tokens"].folder / "tokens.arrow").write_text("tok")
    outcome = project.run(small_plan())
    assert [each.code for each in project.heard.warnings] == ["R702"]
    assert "tuned.tokens again because its result was damaged" in project.heard.said
    assert states(outcome)["tuned"] == "cached"


def test_a_small_disk_is_told_before_anything_is_made(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("recipedsl.runtime.execute.checks.shutil.disk_usage", lambda _: usage)
    (found,) = project.run(small_plan()).diagnostics
    assert found.code == "R708"
    assert project.made == []


@pytest.mark.parametrize(
    ("use", "bytes_a_weight"), [("none", 28), ("merge_full", 28), ("new", 0), ("merge_new", 4)]
)
def test_what_a_stage_may_write(use: str, bytes_a_weight: int) -> None:
    node: StageNode = stage_node("tuned", "base", "tuned.tokens", adapter_use=use)
    assert stage_bytes(node, 1000) == bytes_a_weight * 1000


def test_rows_of_a_dataset_without_parts(project: Project) -> None:
    plan = small_plan()
    tokens = plan.node("tuned.tokens").model_copy(update={"data": Input(node="plain")})
    assert project.run(plan_of(plan.nodes[0], data_node("plain"), tokens)).state == "done"


def test_the_card_says_where_weights_come_from(project: Project) -> None:
    text = (project.run(small_plan()).results["tuned"].folder / "README.md").read_text()
    assert "trained with `sft` on `tiny`, from the recipe `recipe.ftr`" in text
    assert "- `lessons` from `data/lessons.jsonl`: train 2, held 2 rows" in text
    assert "| learning_rate | 0.0002 |" in text


def test_the_parent_starts_fast() -> None:
    script = "import recipedsl.runtime.execute, recipedsl.runtime.records, recipedsl.runtime.models, sys; \
print([name for name in ('torch', 'transformers', 'trl', 'polars', 'numpy') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_bug_of_a_worker_is_a_bug(project: Project) -> None:
    with pytest.raises(Bug, match="seven"):
        project.run(small_plan(tuned={"fails_at": 1, "how": "bug"}))
