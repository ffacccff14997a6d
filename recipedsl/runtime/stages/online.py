"""What GRPO and RLOO share: prompts that are token ids already, and rows that reach the rewards whole.

TRL is given three columns: the messages, their ids, and the row's place. All other columns stay in
the process, out of the way of the names that TRL keeps for itself (`completions`, `images`,
`environment` …), and are looked up by place when answers are scored.
"""

from __future__ import annotations

from typing import Any

from datasets import Dataset
from trl.trainer.utils import RepeatSampler

from recipedsl.diagnostics import Bug
from recipedsl.runtime.stages.arguments import configuration
from recipedsl.runtime.stages.rewards import Rewards
from recipedsl.runtime.stages.rows import no_rows, read_table
from recipedsl.runtime.stages.start import Beginning
from recipedsl.runtime.stages.task import Task

#: Columns of the token rows that are no columns of the data.
_OF_TOKENS = ("prompt", "prompt_ids", "row")


class EpochRepeatSampler(RepeatSampler):  # type: ignore[misc]  # trl is not followed by mypy
    """TRL's sampler, its order a function of seed and epoch, so that a resumed run sees the same one."""

    def set_epoch(self, epoch: int) -> None:
        """Called by accelerate before each epoch."""
        if self.shuffle:
            self.generator.manual_seed(self.seed + epoch)


class ReadyPrompts:
    """Mixed into a trainer: uses the prompt ids of the rows instead of rendering the prompts again."""

    args: Any
    train_dataset: Any
    num_generations: int
    num_iterations: int
    shuffle_dataset: bool

    def _generate_and_score_completions(self, inputs: Any) -> Any:
        self._ready_ids = [list(row["prompt_ids"]) for row in inputs]
        return super()._generate_and_score_completions(inputs)  # type: ignore[misc]  # the trainer's

    def _tokenize_prompts(self, prompts: Any) -> tuple[list[list[int]], None, dict[str, Any]]:
        if len(prompts) != len(self._ready_ids):
            raise Bug(f"{len(prompts)} prompts, but ids of {len(self._ready_ids)}")
        return self._ready_ids, None, {}

    def _get_train_sampler(self, dataset: Any = None) -> EpochRepeatSampler:
        return EpochRepeatSampler(
            data_source=self.train_dataset if dataset is None else dataset,
            mini_repeat_count=self.num_generations,
            batch_size=self.args.generation_batch_size // self.num_generations,
            repeat_count=self.num_iterations * self.args.steps_per_generation,
            shuffle=self.shuffle_dataset,
            seed=self.args.seed,
        )


def make_online_trainer(kind: Any, task: Task, beginning: Beginning) -> Any:
    """A trainer that samples answers and scores them.

    Raises:
        RecipeError: a reward that fails on sample rows, too few prompts for one batch.
    """
    table = read_table(task)
    prompts, ids = table["prompt"].to_pylist(), table["prompt_ids"].to_pylist()
    others = [name for name in table.column_names if name not in _OF_TOKENS]
    rows = table.select(others).to_pylist() if others else [{} for _ in prompts]
    rewards = Rewards.of(task, rows)
    rewards.rehearse(prompts)
    settings = configuration(task, reward_weights=rewards.weights, remove_unused_columns=False)
    _check_enough(task, len(prompts), settings)
    dataset = Dataset.from_dict({"prompt": prompts, "prompt_ids": ids, "place": list(range(len(prompts)))})
    trainer = kind(
        model=beginning.model,
        reward_funcs=rewards.functions(),
        args=_keep_whole_generations(settings),
        train_dataset=dataset,
        processing_class=beginning.tokenizer,
        peft_config=beginning.peft,
    )
    trainer.recipe_rewards = rewards
    return trainer


def _check_enough(task: Task, prompts: int, settings: Any) -> None:
    wanted = settings.generation_batch_size // settings.num_generations
    if prompts < wanted:
        raise no_rows(
            f"`{task.node.name}` has {prompts} prompts, but one batch takes {wanted}",
            f"a batch is {settings.generation_batch_size} answers, {settings.num_generations} to a prompt",
        )


def _keep_whole_generations(settings: Any) -> Any:
    """Moves checkpoints to where a batch of answers is used up: sampled answers are not stored."""
    steps = settings.steps_per_generation * settings.num_iterations
    every = max(1, -(-steps // settings.gradient_accumulation_steps))
    settings.save_steps = -(-int(settings.save_steps) // every) * every
    return settings
