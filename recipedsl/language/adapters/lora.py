"""Low-rank adapters."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.values import flag, number, several, share, text, whole


class Adapter(Concept):
    """Base of adapters."""


class Lora(Adapter):
    """Low-rank adapters beside the linear layers; the base weights stay as they are.

    The update of a weight matrix is `alpha / rank * B @ A`, with `A` of `rank` rows.

    Source: peft.LoraConfig; Hu et al. 2021, arXiv:2106.09685.

    Example: `adapter = lora(rank = 16, alpha = 32)`
    """

    keyword: ClassVar[str] = "lora"

    rank: Any = setting(whole(1, 4096), "rows of the low-rank factor", 16, argument="r")
    alpha: Any = setting(
        number(0), "scale of the update; twice the rank when left out", None, argument="lora_alpha"
    )
    dropout: Any = setting(share(), "share of inputs dropped in training", 0.0, argument="lora_dropout")
    target: Any = setting(
        several(text(), least=1),
        "names of the layers that get one; all linear layers when left out",
        "all-linear",
        argument="target_modules",
    )
    rank_stabilised: Any = setting(
        flag(), "scale by the root of the rank (arXiv:2312.03732)", False, argument="use_rslora"
    )
    decomposed: Any = setting(
        flag(), "weight-decomposed form, DoRA (arXiv:2402.09353)", False, argument="use_dora"
    )
