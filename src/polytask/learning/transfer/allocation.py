"""The ranks of AdaLoRA while training runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from peft.tuners.adalora import RankAllocator

from polytask.learning.transfer.course import Course

if TYPE_CHECKING:
    from torch import Tensor

    from polytask.learning.encoders.encoder import Encoder

_ADAPTER = "default"


class Allocation(Course):
    """Takes away the ranks that matter least, as the allocator of peft chooses them.

    Its running means are kept in buffers, where a checkpoint finds them.

    Args:
        encoder: With the layers of AdaLoRA in it.
        config: The configuration in peft, with the steps of this training.
    """

    def __init__(self, encoder: Encoder, config: Any) -> None:
        super().__init__()
        allocator: Any = RankAllocator(encoder, config, _ADAPTER)
        self.given: Any = (encoder, allocator, config)  # in a tuple: they are no part of this
        self.names: list[str] = []
        for name, number in encoder.named_parameters():
            if ".lora_" in name and number.requires_grad:
                self.register_buffer(f"mean{len(self.names)}", torch.zeros_like(number))
                self.register_buffer(f"spread{len(self.names)}", torch.zeros_like(number))
                self.names.append(name)
        self.values = [name for name in self.names if ".lora_E." in name]
        for place, name in enumerate(self.values):
            number = encoder.get_parameter(name)
            self.register_buffer(f"kept{place}", torch.ones_like(number).bool())

    def priced(self, total: Tensor) -> Tensor:
        """With the mean distance of the vectors of a layer from orthogonal ones of length 1."""
        encoder, _, config = self.given
        far = []
        for name, number in encoder.named_parameters():
            if ".lora_A." in name or ".lora_B." in name:
                products = number @ number.T if ".lora_A." in name else number.T @ number
                far.append((products - torch.eye(len(products)).to(products)).norm())
        price: Tensor = config.orth_reg_weight * torch.stack(far).mean()
        return total + price

    def update(self, step: int) -> None:
        """Note what each number matters; from time to time set the least singular values to 0."""
        encoder, allocator, config = self.given
        last = config.total_step - config.tfinal
        if step > last:
            self._mask()
            return
        allocator.ipt = dict.fromkeys(self.names)
        allocator.exp_avg_ipt, allocator.exp_avg_unc = self._named("mean"), self._named("spread")
        _, ranks = allocator.update_and_allocate(encoder, step, force_mask=step == last)
        for kind, found in (("mean", allocator.exp_avg_ipt), ("spread", allocator.exp_avg_unc)):
            for name, buffer in self._named(kind).items():
                buffer.copy_(found[name])
        for name, buffer in self._named("kept").items():
            if ranks:
                buffer.copy_(torch.tensor(ranks[name])[:, None])

    @torch.no_grad()
    def _mask(self) -> None:
        for name, kept in self._named("kept").items():
            self.given[0].get_parameter(name).masked_fill_(~kept, 0.0)

    def _named(self, kind: str) -> dict[str, Tensor]:
        names = self.values if kind == "kept" else self.names
        return {name: self.get_buffer(f"{kind}{place}") for place, name in enumerate(names)}
