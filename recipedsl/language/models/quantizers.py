"""Numbers that weights are kept in, smaller than those they are trained in."""

from __future__ import annotations

from typing import Any, ClassVar

from recipedsl.language.concept import Concept, setting
from recipedsl.language.values import flag, one_of, whole


class Quantizer(Concept):
    """Base of quantizers."""

    not_yet: ClassVar[str] = "left out, weights stay in their `dtype`"


class Nf4(Quantizer):
    """Four bits a weight, spaced like a normal distribution; for bases under adapters (QLoRA).

    Source: bitsandbytes; Dettmers et al. 2023, arXiv:2305.14314.

    Example: `quantize = nf4(double = true)`
    """

    keyword: ClassVar[str] = "nf4"

    double: Any = setting(flag(), "quantise the scales too", True)
    compute: Any = setting(one_of("bf16", "f16", "f32"), "numbers that are computed with", "bf16")


class Int8(Quantizer):
    """Eight bits a weight.

    Source: bitsandbytes; Dettmers et al. 2022, arXiv:2208.07339.

    Example: `quantize = int8`
    """

    keyword: ClassVar[str] = "int8"


class Int4(Quantizer):
    """Four bits a weight in groups, as GPTQ and AWQ keep them.

    Source: Frantar et al. 2022, arXiv:2210.17323.

    Example: `quantize = int4(group = 128)`
    """

    keyword: ClassVar[str] = "int4"

    group: Any = setting(whole(1), "weights that share a scale", 128)
    activations: Any = setting(one_of("int8", "bf16"), "numbers of the activations", "bf16")


class Fp4(Quantizer):
    """Four-bit floating point in blocks: NVFP4, or MXFP4 as some models are published in.

    Example: `quantize = fp4(block = 16)`
    """

    keyword: ClassVar[str] = "fp4"

    block: Any = setting(whole(1), "weights that share a scale", 16)


class Aware(Quantizer):
    """Training that rounds as another form would, so that the model is good in that form afterwards.

    Source: torchao.quantization.qat.

    Example: `quantize = aware(weights = int4, activations = int8, group = 32)`
    """

    keyword: ClassVar[str] = "aware"

    weights: Any = setting(one_of("int4", "int8", "fp4"), "form of the weights", "int4")
    activations: Any = setting(one_of("int8", "fp4", "bf16"), "form of the activations", "int8")
    group: Any = setting(whole(1), "weights that share a scale", 32)
