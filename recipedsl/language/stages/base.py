"""What a training method is: the shape it takes, the model it gives, its trainer, its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from recipedsl.language.concept import Concept, setting
from recipedsl.language.shapes import Shape
from recipedsl.language.values import (
    concept,
    either,
    expression,
    flag,
    mapping,
    name_of,
    number,
    one_of,
    several,
    share,
    text,
    whole,
)

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
    **dict.fromkeys(("eval_strategy", "eval_steps", "do_eval", "eval_on_start"), "the setting `eval_every`"),
    **dict.fromkeys(("load_best_model_at_end", "metric_for_best_model"), "the setting `keep_best`"),
}  # fmt: skip

#: What rows that a stage looks at on its way are called elsewhere.
_EVAL_ROWS = ("eval_dataset", "eval_data", "val_data", "validation_data", "validation_dataset")


@dataclass(frozen=True, slots=True)
class UsualRange:
    """Values of a setting that are published, and where; both ends inclusive."""

    low: float
    high: float
    source: str


class StageMethod(Concept):
    """Base of training methods; its settings are those that every method has.

    Attributes:
        takes: shapes of datasets it trains on.
        gives: what the result is good for.
        trainer_class, config_class: dotted names of the classes that carry it out.
        purpose: form of the token rows it wants.
        compares: whether its loss compares with a reference policy.
        fixed: arguments of the configuration that the method implies.
        usual_rate: lowest and highest usual learning rate with full weights.
        usual_lora_rate: the same with an adapter; where none is given it is ten times the one with full
            weights (Schulman et al. 2025, "LoRA Without Regret").
        rate_source: where the bands are from.
        usual_beta: usual values of `beta`, for methods that have one.
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
    usual_lora_rate: ClassVar[tuple[float, float] | None] = None
    rate_source: ClassVar[str] = ""
    usual_beta: ClassVar[UsualRange | None] = None
    rate: ClassVar[float]
    lora_rate: ClassVar[float]

    from_: Any = setting(
        name_of("model", "stage"),
        "model or earlier stage whose weights it starts from",
        also_called=("model", "base_model", "model_name_or_path", "model_path", "start", "init_from"),
    )
    data: Any = setting(
        name_of("data"), "dataset it trains on", also_called=("dataset", "datasets", "train_dataset")
    )
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
        also_called=("lr",),
    )
    schedule: Any = setting(
        concept("schedule"),
        "how the learning rate changes over the steps",
        None,
        also_called=("lr_scheduler_type", "lr_scheduler", "scheduler"),
    )
    optimizer: Any = setting(concept("optimizer"), "update rule", None, also_called=("optim",))
    epochs: Any = setting(
        number(above=0),
        "passes over the rows; 1 when neither epochs nor steps is written",
        None,
        argument="num_train_epochs",
        also_called=("num_epochs", "n_epochs", "max_epochs"),
    )
    steps: Any = setting(
        whole(1),
        "optimizer steps, instead of epochs",
        None,
        argument="max_steps",
        also_called=("num_steps", "train_steps", "total_steps"),
    )
    batch: Any = setting(
        whole(1),
        "rows in one optimizer step, over all devices; answers for online methods",
        None,
        also_called=("global_batch_size", "total_batch_size"),
    )
    micro_batch: Any = setting(
        whole(1),
        "rows that one device holds at a time; found from memory when left out",
        None,
        also_called=("per_device_train_batch_size", "per_gpu_train_batch_size", "micro_batch_size"),
    )
    max_length: Any = setting(
        whole(1),
        "longest row in tokens; what happens to longer ones is in the plan",
        1024,
        also_called=("max_seq_length", "max_seq_len", "sequence_len", "cutoff_len", "max_len"),
    )
    min_length: Any = setting(
        whole(1),
        "shortest row in tokens; shorter ones are left out",
        None,
        not_yet=True,
        also_called=("min_sample_len",),
    )
    weight_decay: Any = setting(number(0, 1), "weight decay", 0.0, argument="weight_decay")
    max_grad_norm: Any = setting(
        number(0),
        "gradients are clipped to this norm; 0 leaves them",
        1.0,
        argument="max_grad_norm",
        also_called=("gradient_clipping", "grad_clip", "clip_grad_norm"),
    )
    gradient_checkpointing: Any = setting(
        flag(),
        "keep less of the forward pass in memory and compute it again",
        None,
        argument="gradient_checkpointing",
        also_called=("activation_checkpointing",),
    )
    seed: Any = setting(whole(0, 2**32 - 1), "seed of this stage; that of `run` when left out", None)
    save_every: Any = setting(
        whole(0),
        "steps between checkpoints; that of `run` when left out",
        None,
        also_called=("save_steps", "save_freq"),
    )
    neftune: Any = setting(
        number(0),
        "noise on the embeddings while training (arXiv:2310.05914)",
        None,
        argument="neftune_noise_alpha",
        also_called=("noisy_embedding_alpha",),
    )
    eval: Any = setting(
        name_of("data"),
        "rows whose loss is taken before the first step, now and then, and at the end",
        None,
        also_called=_EVAL_ROWS,
    )
    eval_every: Any = setting(
        either(whole(1), share(above=0)),
        "steps between these, or a share of an epoch; an epoch when left out",
        None,
    )
    keep_best: Any = setting(
        flag(), "end with the checkpoint that did best on `eval`, not the last", None, not_yet=True
    )
    patience: Any = setting(
        whole(1), "stop when this many looks at `eval` in a row were no better than the best", None
    )
    most_loss: Any = setting(number(above=0), "stop when the loss stays above this", None, not_yet=True)
    tokens: Any = setting(whole(1), "tokens to train on, instead of epochs", None, not_yet=True)
    batch_tokens: Any = setting(whole(1), "tokens in one optimizer step, instead of rows", None, not_yet=True)
    freeze: Any = setting(
        several(text(), least=1), "names of weights that stay as they are, with `*`", None, not_yet=True
    )
    train_only: Any = setting(
        several(text(), least=1), "names of weights that train, with `*`; all others stay", None,
        not_yet=True, also_called=("unfrozen_parameters",),
    )  # fmt: skip
    dropout: Any = setting(share(), "dropout inside the model while training", None, not_yet=True)
    liger: Any = setting(flag(), "fused kernels of Liger", None, not_yet=True)
    kernels: Any = setting(
        several(
            one_of("rope", "rms_norm", "layer_norm", "glu", "mlp", "tiled_mlp", "cross_entropy"), least=1
        ),
        "parts of the model that fused or tiled kernels compute",
        None,
        not_yet=True,
    )
    offload_activations: Any = setting(
        flag(), "keep activations in main memory", None, not_yet=True, also_called=("activation_offloading",)
    )
    rates: Any = setting(
        mapping(), "learning rates of groups of weights, by names with `*`", None, not_yet=True
    )
    average: Any = setting(
        share(), "decay of a running mean of the weights, which is the result", None, not_yet=True
    )
    saves_per_epoch: Any = setting(
        whole(1), "checkpoints in each pass over the rows, instead of `save_every`", None, not_yet=True
    )
    devices: Any = setting(
        whole(1), "devices on each machine; those of `run` when left out", None, not_yet=True
    )
    nodes: Any = setting(whole(1), "machines; those of `run` when left out", None, not_yet=True)
    strategy: Any = setting(
        concept("strategy"),
        "how the model is spread over devices; that of `run` when left out",
        None,
        not_yet=True,
    )
    trainer: Any = setting(
        mapping(), "arguments of the trainer's configuration that the vocabulary lacks", None
    )

    @classmethod
    def rate_band(cls, *, adapter: bool) -> tuple[float, float]:
        """Lowest and highest usual learning rate, with an adapter or with full weights."""
        low, high = cls.usual_rate
        if not adapter:
            return low, high
        return cls.usual_lora_rate or (10 * low, 10 * high)


class Offline(StageMethod):
    """Base of methods that learn from rows as they are, in an order of their own."""

    order: Any = setting(
        one_of("random", "sequential", "group_by_length"),
        "in which order rows are trained on",
        "random",
        argument="train_sampling_strategy",
    )


class Preferring(StageMethod):
    """Base of methods that compare with a reference policy through `beta`."""

    compares: ClassVar[bool] = True

    beta: Any = setting(
        number(0),
        "how strongly the policy is held to the reference",
        0.1,
        argument="beta",
        also_called=("pref_beta", "dpo_beta"),
    )
    max_prompt_length: Any = setting(
        whole(1), "longest prompt in tokens; of a longer one the end is kept", None, not_yet=True
    )
    reference: Any = setting(
        name_of("model", "stage"),
        "what the policy is compared with; derived from what it starts from when left out",
        None,
        not_yet=True,
    )
    follow_reference: Any = setting(
        whole(1), "steps after which the reference moves towards the policy", None, not_yet=True
    )
    follow_share: Any = setting(share(), "how far it moves then", None, not_yet=True)


class Online(StageMethod):
    """Base of methods that sample answers and are told how good they are."""

    takes: ClassVar[tuple[Shape, ...]] = (Shape.PROMPT,)
    purpose: ClassVar[Purpose] = "prompt"

    eval: Any = setting(
        name_of("data"),
        "prompts whose answers are scored now and then",
        None,
        not_yet=True,
        also_called=_EVAL_ROWS,
    )
    eval_every: Any = setting(
        either(whole(1), share(above=0)),
        "steps between these, or a share of an epoch; an epoch when left out",
        None,
        not_yet=True,
    )
    patience: Any = setting(
        whole(1), "stop when this many looks at `eval` in a row were no better", None, not_yet=True
    )
    reward: Any = setting(
        expression("reward"),
        "how good an answer is: a weighted sum of reward functions and reward stages",
        also_called=("reward_funcs",),
    )
    generations: Any = setting(
        whole(1),
        "answers sampled for each prompt; 2 or more where they are one another's baseline, without `value`",
        8,
        argument="num_generations",
        also_called=("group_size", "num_return_sequences", "rollout_n"),
    )
    max_new_tokens: Any = setting(
        whole(1),
        "longest answer in tokens",
        256,
        argument="max_completion_length",
        also_called=("response_length", "max_response_length"),
    )
    temperature: Any = setting(number(above=0), "sampling temperature", 1.0, argument="temperature")
    top_p: Any = setting(
        share(above=0), "share of probability that sampling draws from", 1.0, argument="top_p"
    )
    epsilon: Any = setting(number(0, 1), "clipping range of the probability ratio", 0.2, argument="epsilon")
    iterations: Any = setting(
        whole(1),
        "optimizer passes over each batch of answers",
        1,
        argument="num_iterations",
        also_called=("ppo_epochs",),
    )
    top_k: Any = setting(
        whole(0), "likeliest tokens that sampling draws from; 0 means all", 0, argument="top_k"
    )
    min_p: Any = setting(
        share(), "least probability of a token, as a share of the likeliest one's", None, argument="min_p"
    )
    repetition_penalty: Any = setting(
        number(above=0), "divides the scores of tokens that stand there already", 1.0,
        argument="repetition_penalty",
    )  # fmt: skip
    shuffle: Any = setting(
        flag(), "whether prompts are drawn in random order", True, argument="shuffle_dataset"
    )
    episodes: Any = setting(whole(1), "answers to train on, instead of steps", None, not_yet=True)
    stop: Any = setting(several(text(), least=1), "texts that end an answer", None, not_yet=True)
    engine: Any = setting(concept("engine"), "what writes the answers", None, not_yet=True)
    tools: Any = setting(
        several(text(), least=1), "functions that the model may call, `file.py:name`", None, not_yet=True
    )
    turns: Any = setting(whole(1), "turns of an answer with tools at most", None, not_yet=True)
    max_prompt_length: Any = setting(whole(1), "longest prompt in tokens", None, not_yet=True)
    pack_length: Any = setting(
        whole(1), "tokens of a sequence that several answers fill while they are trained on", None,
        not_yet=True,
    )  # fmt: skip
    resample: Any = setting(
        share(), "prompts whose share of right answers is above this are not asked again", None, not_yet=True
    )
    equal_groups: Any = setting(
        one_of("keep", "drop", "refill"),
        "what becomes of groups whose answers are all equally good",
        None,
        not_yet=True,
    )
    value: Any = setting(name_of("model", "stage"), "model that a value head starts from", None, not_yet=True)
    reference: Any = setting(
        name_of("model", "stage"), "what divergence is measured from", None, not_yet=True
    )
    kl: Any = setting(
        one_of("k1", "k2", "k3"), "estimator of the divergence (Schulman 2020)", None, not_yet=True
    )
    mix: Any = setting(
        name_of("data"), "rows whose likelihood is trained in the same steps", None, not_yet=True
    )
    mix_weight: Any = setting(number(0), "weight of that loss", None, not_yet=True)
