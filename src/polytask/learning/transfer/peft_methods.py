"""The methods of peft under their own names: small numbers beside an encoder that stays fixed.

Each class states the arguments, which are peft's own with peft's defaults; the method itself is
peft's. In a plain PyTorch loop over an encoder (`learning.encoders`):

```diff
+ LoRA(r=8).put(encoder)
  optimiser = torch.optim.AdamW(p for p in encoder.parameters() if p.requires_grad)
```

`target_modules` of all: the layers to adapt, by name or the end of it (`["query", "value"]`);
`None` for every one of the trained layers that the method can adapt: linear ones and those
convolutions that are one (1 x 1). Learning rates are those of numbers that begin anew: about ten
times those of fine-tuning.

Not here: AdaLoRA, which follows the training and has a file of its own; prefix and prompt tuning,
which in peft replace the `forward` of a model and hand it keys of a past (`past_key_values`) or a
longer input: encoders have no past, and ours run in two halves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from polytask._errors import ConfigError
from polytask.learning.transfer.peft_method import Peft

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import nn


@dataclass(frozen=True)
class LoRA(Peft):
    r"""Low-rank additions: a layer computes $W x + \frac{\alpha}{r} B A x$ with $W$ fixed.

    $A$ has r rows and begins at random, $B$ has r columns and begins at 0. (Hu et al., LoRA:
    Low-Rank Adaptation of Large Language Models, 2021, arXiv 2106.09685.)

    Args:
        r: Rank.
        lora_alpha: $\alpha$.
        lora_dropout: Dropout before $A$.
        use_rslora: Divide by the root of r instead.
        target_modules: Layers to adapt; `None` for all.
    """

    theirs: ClassVar[str] = "LoraConfig"
    convolutions: ClassVar[bool] = True

    r: int = 8
    lora_alpha: int = 8
    lora_dropout: float = 0.0
    use_rslora: bool = False
    target_modules: list[str] | None = None


@dataclass(frozen=True)
class DoRA(Peft):
    """LoRA for the direction of each column of a layer, and a number for its length.

    (Liu et al., DoRA: Weight-Decomposed Low-Rank Adaptation, 2024, arXiv 2402.09353.)

    Args:
        r: Rank.
        lora_alpha: As for `LoRA`.
        lora_dropout: Dropout before the addition.
        target_modules: Layers to adapt; `None` for all.
    """

    theirs: ClassVar[str] = "LoraConfig"
    always: ClassVar[Mapping[str, Any]] = {"use_dora": True}
    convolutions: ClassVar[bool] = True

    r: int = 8
    lora_alpha: int = 8
    lora_dropout: float = 0.0
    target_modules: list[str] | None = None


@dataclass(frozen=True)
class LoHa(Peft):
    """The elementwise product of two low-rank additions, whose rank is the square.

    (Hyeon-Woo et al., FedPara, 2021, arXiv 2108.06098.)

    Args:
        r: Rank of each.
        alpha: The addition counts `alpha / r`.
        target_modules: Layers to adapt; `None` for all.
    """

    r: int = 8
    alpha: int = 8
    target_modules: list[str] | None = None


@dataclass(frozen=True)
class LoKr(Peft):
    """The Kronecker product of two small matrices as the addition.

    (Edalati et al., KronA: Parameter Efficient Tuning with Kronecker Adapter, 2022, arXiv
    2212.10650.)

    Args:
        r: Rank of the second matrix.
        alpha: The addition counts `alpha / r`.
        decompose_both: Make the first matrix low-rank, too.
        decompose_factor: Size of the first matrix; -1 for the root.
        target_modules: Layers to adapt; `None` for all.
    """

    r: int = 8
    alpha: int = 8
    decompose_both: bool = False
    decompose_factor: int = -1
    target_modules: list[str] | None = None


@dataclass(frozen=True)
class OFT(Peft):
    """Blockwise rotations of each layer, which keep the angles between its neurons.

    (Qiu et al., Controlling Text-to-Image Diffusion by Orthogonal Finetuning, 2023, arXiv
    2306.07280.)

    Args:
        oft_block_size: Size of a block, a divisor of the width of the layer.
        target_modules: Layers to adapt; `None` for all.
    """

    oft_block_size: int = 32
    target_modules: list[str] | None = None


@dataclass(frozen=True)
class HRA(Peft):
    """A chain of r reflections before each layer.

    (Yuan et al., Bridging The Gap between Low-rank and Orthogonal Adaptation via Householder
    Reflection Adaptation, 2024, arXiv 2405.17484.)

    Args:
        r: Reflections, an even number.
        apply_GS: Make them orthogonal to each other.
        target_modules: Layers to adapt; `None` for all.
    """

    r: int = 8
    apply_GS: bool = False  # noqa: N815 — the name of peft
    target_modules: list[str] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.r % 2:
            raise ConfigError(f"`r` of HRA is even; found {self.r}")


@dataclass(frozen=True)
class IA3(Peft):
    """A factor for each output of a layer: the fewest numbers of all.

    (Liu et al., Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper than In-Context
    Learning, 2022, arXiv 2205.05638.)

    Args:
        target_modules: Layers to adapt; `None` for all.
    """

    always: ClassVar[Mapping[str, Any]] = {"feedforward_modules": []}

    target_modules: list[str] | None = None


@dataclass(frozen=True)
class LNTuning(Peft):
    """Train the layer normalisations alone.

    (Qi et al., Parameter-Efficient Tuning on Layer Normalization for Pre-trained Language Models,
    2022, arXiv 2211.08682.)

    Args:
        target_modules: Normalisations to train; `None` for all.
    """

    adapts: ClassVar[str] = "layer normalisations"

    target_modules: list[str] | None = None

    def fits(self, module: nn.Module) -> bool:
        """Whether `module` is a layer normalisation."""
        from torch import nn

        return isinstance(module, nn.LayerNorm)


@dataclass(frozen=True)
class VeRA(Peft):
    """LoRA with two random matrices that all layers share; only two vectors a layer are trained.

    (Kopiczko et al., VeRA: Vector-based Random Matrix Adaptation, 2023, arXiv 2310.11454.)

    Args:
        r: Rank of the random matrices.
        projection_prng_key: Their seed.
        vera_dropout: Dropout before them.
        d_initial: First value of the inner vector.
        target_modules: Layers to adapt; `None` for all.
    """

    theirs: ClassVar[str] = "VeraConfig"

    r: int = 256
    projection_prng_key: int = 0
    vera_dropout: float = 0.0
    d_initial: float = 0.1
    target_modules: list[str] | None = None


@dataclass(frozen=True)
class RandLoRA(Peft):
    """Sums of random low-rank matrices with trained factors, of full rank together.

    (Albert et al., RandLoRA: Full-Rank Parameter-Efficient Fine-Tuning of Large Models, 2025,
    arXiv 2502.00987.)

    Args:
        r: Rank of each.
        randlora_alpha: The sum counts `randlora_alpha / r`.
        projection_prng_key: Seed of the random matrices.
        target_modules: Layers to adapt; `None` for all.
    """

    theirs: ClassVar[str] = "RandLoraConfig"

    r: int = 32
    randlora_alpha: int = 640
    projection_prng_key: int = 0
    target_modules: list[str] | None = None


@dataclass(frozen=True)
class FourierFT(Peft):
    """The addition is made of a few trained frequencies.

    (Gao et al., Parameter-Efficient Fine-Tuning with Discrete Fourier Transform, 2024, arXiv
    2405.03003.)

    Args:
        n_frequency: Frequencies a layer.
        scaling: Factor of the addition.
        random_loc_seed: Seed of which frequencies.
        target_modules: Layers to adapt; `None` for all.
    """

    always: ClassVar[Mapping[str, Any]] = {"init_weights": True}  # begins at 0

    n_frequency: int = 1000
    scaling: float = 150.0
    random_loc_seed: int = 777
    target_modules: list[str] | None = None


@dataclass(frozen=True)
class DeLoRA(Peft):
    """Low-rank additions whose length is trained apart from their direction.

    (Bini et al., Decoupling Angles and Strength in Low-rank Adaptation, 2025, arXiv 2503.18225.)

    Args:
        r: Rank.
        delora_lambda: First length.
        target_modules: Layers to adapt; `None` for all.
    """

    theirs: ClassVar[str] = "DeloraConfig"

    r: int = 8
    delora_lambda: int = 15
    target_modules: list[str] | None = None


@dataclass(frozen=True)
class MiSS(Peft):
    """One small matrix a layer, repeated along its width.

    (Kang & Yin, MiSS: Balancing LoRA Performance and Efficiency with Simple Shard Sharing, 2024,
    arXiv 2409.15371.)

    Args:
        r: Its rows.
        target_modules: Layers to adapt; `None` for all.
    """

    theirs: ClassVar[str] = "MissConfig"

    r: int = 64
    target_modules: list[str] | None = None


@dataclass(frozen=True)
class GraLoRA(Peft):
    """LoRA for each block of a layer.

    (Jung et al., GraLoRA: Granular Low-Rank Adaptation for Parameter-Efficient Fine-Tuning, 2025,
    arXiv 2505.20355.)

    Args:
        r: Rank, a multiple of `gralora_k`.
        alpha: The addition counts `alpha / r`.
        gralora_k: Blocks a side.
        target_modules: Layers to adapt; `None` for all.
    """

    theirs: ClassVar[str] = "GraloraConfig"

    r: int = 32
    alpha: int = 64
    gralora_k: int = 2
    target_modules: list[str] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.r % self.gralora_k:
            raise ConfigError(
                f"`r` of GraLoRA is a multiple of `gralora_k`; found {self.r} and {self.gralora_k}"
            )
