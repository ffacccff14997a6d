"""Low-rank adapters."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.values import flag, number, one_of, several, share, text, whole


class Adapter(Concept):
    """Base of adapters."""


class Lora(Adapter):
    """Low-rank adapters beside the linear layers; the base weights stay as they are.

    The update of a weight matrix is `alpha / rank * B @ A`, with `A` of `rank` rows.

    Source: peft.LoraConfig; Hu et al. 2021, arXiv:2106.09685.

    Example: `adapter = lora(rank = 16, alpha = 32)`
    """

    keyword: ClassVar[str] = "lora"

    rank: Any = setting(
        whole(1, 4096), "rows of the low-rank factor", 16, argument="r", also_called=("lora_r", "lora_rank")
    )
    alpha: Any = setting(
        number(0), "scale of the update; twice the rank when left out", None, argument="lora_alpha"
    )
    dropout: Any = setting(share(), "share of inputs dropped in training", 0.0, argument="lora_dropout")
    target: Any = setting(
        several(text(), least=1),
        "names of the layers that get one; all linear layers when left out",
        "all-linear",
        argument="target_modules",
        also_called=("lora_target", "lora_target_modules"),
    )
    rank_stabilised: Any = setting(
        flag(),
        "scale by the root of the rank (arXiv:2312.03732)",
        False,
        argument="use_rslora",
        also_called=("peft_use_rslora",),
    )
    decomposed: Any = setting(
        flag(),
        "weight-decomposed form, DoRA (arXiv:2402.09353)",
        False,
        argument="use_dora",
        also_called=("peft_use_dora",),
    )
    start: Any = setting(
        one_of("gaussian", "pissa", "olora", "loftq"),
        "how it begins, other than as no change at all",
        None,
        not_yet=True,
    )
    start_iterations: Any = setting(
        whole(1), "iterations of the fast decomposition that `pissa` starts from; exact when left out", None,
        not_yet=True,
    )  # fmt: skip
    save: Any = setting(
        several(text(), least=1),
        "layers that are trained whole beside it",
        None,
        not_yet=True,
        also_called=("modules_to_save", "lora_modules_to_save", "additional_target"),
    )
    rate_ratio: Any = setting(
        number(above=0),
        "rate of B over that of A, LoRA+ (arXiv:2402.12354)",
        None,
        not_yet=True,
        also_called=("loraplus_lr_ratio",),
    )
    restart_every: Any = setting(
        whole(1),
        "steps after which it is merged and begun anew (ReLoRA)",
        None,
        not_yet=True,
        also_called=("relora_steps",),
    )
    restart_warmup: Any = setting(
        whole(0), "steps in which the rate rises again after each restart", None, not_yet=True
    )
    restart_prune: Any = setting(
        share(), "share of the optimizer's state that a restart sets to zero", None, not_yet=True
    )
