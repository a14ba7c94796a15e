"""What an encoder holds: the numbers it began from, those put in, and those of a task alone."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from polytask._errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


class Holding(nn.Module):
    """The numbers of an encoder by name.

    Attributes:
        transfer: The text form of the transfer that put numbers of its own in; "" where none did.
        plain: Names of the tensors before that, once `grows` was called.
        base_digest: Digest of the weights before training, once `remember` was called.
    """

    transfer: str = ""
    plain: frozenset[str] = frozenset()
    base_digest: str = ""

    def signature(self) -> str:
        """What beside the weights decides the features (longest input, prefix, image size)."""
        return type(self).__name__

    def digest(self) -> str:
        """32 hex digits that name these very weights and this very preparation.

        Hashes every weight (0.1 s for 20 million); keep the answer where it is needed often.
        """
        text = f"{self.signature()}{self.transfer}"
        digest = hashlib.blake2b(text.encode(), digest_size=16)
        for name, value in sorted(self.state_dict().items()):
            digest.update(f"{name}{tuple(value.shape)}{value.dtype}".encode())
            flat = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
            digest.update(flat.numpy().data)
        return digest.hexdigest()

    def remember(self) -> None:
        """Note the digest of the weights as they are: those that training begins from."""
        self.base_digest = self.digest()

    def changed(self) -> dict[str, Tensor] | None:
        """All that training may have changed since `remember`; `None` where it was not called."""
        if not self.base_digest:
            return None
        fixed = {name for name, value in self.named_parameters() if not value.requires_grad}
        new = {name: value for name, value in self.state_dict().items() if name not in fixed}
        return new | self.added()

    def grows(self, transfer: str) -> None:
        """Note that the transfer of this text form is about to put numbers in.

        A layer that it wraps keeps its numbers under its old name and `.base_layer`.

        Raises:
            ConfigError: Another one did before.
        """
        if self.transfer:
            raise ConfigError(f"The encoder holds {self.transfer} already; found {transfer}")
        self.plain = frozenset(self.state_dict())
        self.transfer = transfer

    def yields(self) -> dict[str, nn.ModuleList]:
        """Take out the adapters that a transfer put in: by task one a layer; another may come."""
        adapters: Any = self._modules.pop("adapters")
        self.transfer = ""
        found: dict[str, nn.ModuleList] = adapters.released()
        return found

    def added(self) -> dict[str, Tensor]:
        """The numbers that a transfer put in, by name."""
        if not self.transfer:
            return {}
        every = self.state_dict().items()
        return {name: value for name, value in every if _unwrapped(name) not in self.plain}

    def pretrained(self, child: str) -> dict[str, Tensor] | None:
        """The numbers of `child` as before `grows`, under their names there; `None` for all."""
        if not self.transfer:
            return None
        named = {_unwrapped(name): value for name, value in self.state_dict().items()}
        return {
            name.removeprefix(f"{child}."): value
            for name, value in named.items()
            if name in self.plain and name.startswith(f"{child}.")
        }

    def voices(self, tasks: Sequence[str]) -> list[list[str]]:
        """`tasks` in groups that one pass answers: all, or each alone where each has adapters."""
        return [[task] for task in tasks] if "adapters" in self._modules else [list(tasks)]

    def speak(self, tasks: Sequence[str]) -> None:
        """Give features for the group `tasks` of `voices` from now on."""
        adapters: Any = self._modules.get("adapters")
        if adapters is not None:
            adapters.task = tasks[0] if tasks else ""

    def own(self, task: str) -> dict[str, Tensor]:
        """The numbers that `task` alone uses, by name."""
        adapters: Any = self._modules.get("adapters")
        if adapters is None:
            return {}
        start = f"adapters.{adapters.names_of(task)}"
        return {name: value for name, value in self.state_dict().items() if name.startswith(start)}


def _unwrapped(name: str) -> str:
    return name.replace(".base_layer.", ".")
