"""What a training method is: the shape it takes, the model it gives, its trainer, its settings."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from recipedsl.language.concept import Concept, setting
from recipedsl.language.shapes import Shape
from recipedsl.language.values import concept, expression, flag, mapping, name_of, number, share, whole

Purpose = Literal["sft", "preference", "reward", "feedback", "prompt"]


#: Arguments of the configurations that the runtime decides, whatever a recipe says, with what decides them.
DECIDED: dict[str, str] = {
    **dict.fromkeys(
        (
            "output_dir", "report_to", "push_to_hub", "hub_model_id", "use_cpu", "disable_tqdm",
            "dataset_kwargs", "resume_from_checkpoint", "model_init_kwargs", "trust_remote_code",
            "remove_unused_columns", "save_total_limit", "logging_nan_inf_filter", "deepspeed", "fsdp",
            # What would read files of the machine or talk to others.
            "accelerator_config", "fsdp_config", "parallelism_config", "hub_always_push",
            "hub_private_repo", "hub_revision", "hub_strategy", "hub_token", "log_completions_hub_repo",
            "trackio_bucket_id", "trackio_space_id", "trackio_static_space_id", "vllm_group_port",
            "vllm_mode", "vllm_server_base_url", "vllm_server_host", "vllm_server_port",
        ),
        "",
    ),
    "chat_template_path": "the `template` of the model",
    **dict.fromkeys(("bf16", "fp16"), "the `dtype` of the model"),
    **dict.fromkeys(("seed", "data_seed"), "the setting `seed` of the stage or of `run`"),
    **dict.fromkeys(("save_strategy", "save_steps"), "the setting `save_every`"),
    "max_length": "the setting `max_length`",
    "packing": "the setting `packing`",
    "reward_weights": "the weights in `reward`",
}  # fmt: skip


class StageMethod(Concept):
    """Base of training methods; its settings are those that every method has.

    Attributes:
        takes: shapes of datasets it trains on.
        gives: what the result is good for.
        trainer_class, config_class: dotted names of the classes that carry it out.
        purpose: form of the token rows it wants.
        compares: whether its loss compares with a reference policy.
        fixed: arguments of the configuration that the method implies.
        usual_rate: lowest and highest usual learning rate with full weights; ten times that with
            LoRA (Schulman et al. 2025, "LoRA Without Regret").
        rate: learning rate with full weights when none is written.
        lora_rate: the same with an adapter.
    """

    takes: ClassVar[tuple[Shape, ...]]
    gives: ClassVar[Literal["policy", "reward"]] = "policy"
    trainer_class: ClassVar[str]
    config_class: ClassVar[str]
    purpose: ClassVar[Purpose]
    compares: ClassVar[bool] = False
    fixed: ClassVar[dict[str, Any]] = {}
    usual_rate: ClassVar[tuple[float, float]]
    rate: ClassVar[float]
    lora_rate: ClassVar[float]

    from_: Any = setting(name_of("model", "stage"), "model or earlier stage whose weights it starts from")
    data: Any = setting(name_of("data"), "dataset it trains on")
    adapter: Any = setting(
        concept("adapter", optional=True),
        "adapter to train instead of all weights; none trains all weights",
        None,
    )
    learning_rate: Any = setting(
        number(0, 1),
        "peak learning rate; the default depends on the method and the adapter",
        None,
        argument="learning_rate",
    )
    schedule: Any = setting(concept("schedule"), "how the learning rate changes over the steps", None)
    optimizer: Any = setting(concept("optimizer"), "update rule", None)
    epochs: Any = setting(
        number(above=0),
        "passes over the rows; 1 when neither epochs nor steps is written",
        None,
        argument="num_train_epochs",
    )
    steps: Any = setting(whole(1), "optimizer steps, instead of epochs", None, argument="max_steps")
    batch: Any = setting(
        whole(1), "rows in one optimizer step, over all devices; answers for online methods", None
    )
    micro_batch: Any = setting(
        whole(1), "rows that one device holds at a time; found from memory when left out", None
    )
    max_length: Any = setting(
        whole(1), "longest row in tokens; what happens to longer ones is in the plan", 1024
    )
    weight_decay: Any = setting(number(0, 1), "weight decay", 0.0, argument="weight_decay")
    max_grad_norm: Any = setting(
        number(0), "gradients are clipped to this norm; 0 leaves them", 1.0, argument="max_grad_norm"
    )
    gradient_checkpointing: Any = setting(
        flag(),
        "keep less of the forward pass in memory and compute it again",
        None,
        argument="gradient_checkpointing",
    )
    seed: Any = setting(whole(0, 2**32 - 1), "seed of this stage; that of `run` when left out", None)
    save_every: Any = setting(whole(0), "steps between checkpoints; that of `run` when left out", None)
    trainer: Any = setting(
        mapping(), "arguments of the trainer's configuration that the vocabulary lacks", None
    )


class Preferring(StageMethod):
    """Base of methods that compare with a reference policy through `beta`."""

    compares: ClassVar[bool] = True

    beta: Any = setting(number(0), "how strongly the policy is held to the reference", 0.1, argument="beta")


class Online(StageMethod):
    """Base of methods that sample answers and are told how good they are."""

    takes: ClassVar[tuple[Shape, ...]] = (Shape.PROMPT,)
    purpose: ClassVar[Purpose] = "prompt"

    reward: Any = setting(
        expression("reward"),
        "how good an answer is: a weighted sum of reward functions and reward stages",
    )
    generations: Any = setting(whole(2), "answers sampled for each prompt", 8, argument="num_generations")
    max_new_tokens: Any = setting(whole(1), "longest answer in tokens", 256, argument="max_completion_length")
    temperature: Any = setting(number(above=0), "sampling temperature", 1.0, argument="temperature")
    top_p: Any = setting(
        share(above=0), "share of probability that sampling draws from", 1.0, argument="top_p"
    )
    epsilon: Any = setting(number(0, 1), "clipping range of the probability ratio", 0.2, argument="epsilon")
    iterations: Any = setting(
        whole(1), "optimizer passes over each batch of answers", 1, argument="num_iterations"
    )
