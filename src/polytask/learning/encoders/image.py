"""Images: any transformers image encoder, cut into frozen lower and trained upper layers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from polytask._errors import ConfigError, DataError, MissingError, ModelError
from polytask.learning.encoders.encoder import Encoder, Features, Prepared
from polytask.learning.encoders.marks import UNREADABLE, blank
from polytask.learning.encoders.pixels import Changes, Pixels
from polytask.learning.quiet import Quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from polytask.learning.encoders.encoder import Batch
    from polytask.tasks.task import Inputs

_HELD = 1 << 30
"""Bytes of decoded images held in memory; what comes after is decoded again for each batch."""


@dataclass(frozen=True)
class _Stack:
    """The layers of a model that runs as a plain chain: first layers, blocks, and the end."""

    first: nn.Module
    blocks: tuple[nn.Module, ...]
    last: nn.Module


class ImageEncoder(Encoder):
    """A transformers image encoder; the vector is the mean over places, or the first token.

    Images of any size, colour depth and orientation go in, as bytes or paths; one that cannot be
    decoded counts as a blank one (and is marked in what `prepare` gives). Training changes images a
    little at random. Batch normalisation (Ioffe & Szegedy, 2015, arXiv 1502.03167) is
    trained with the layers it stands in: scans are not spread as photographs are (LOG.md).

    Args:
        model: A `transformers` model that takes `pixel_values`.
        pixels: How images become arrays.
        changes: Random changes in training.
        source: Where the weights came from.
    """

    cost: ClassVar[str] = "grows with the pixels: 128 a side is a third of 224"

    def __init__(
        self,
        model: Any,
        *,
        pixels: Pixels | None = None,
        changes: Changes | None = None,
        source: str = "",
    ) -> None:
        super().__init__()
        # Convolutions of the CPU run up to 1.7 times faster with the colours innermost.
        self.model = model.to(memory_format=torch.channels_last)
        self.pixels = pixels or Pixels()
        self.changes = changes or Changes()
        self.source = source
        self._stack: tuple[_Stack, ...] = _stack(model)  # in a tuple: no second names for weights
        self.depth = len(self._stack[0].blocks) if self._stack else 0
        self._fixed = False
        self.mixes = any(isinstance(m, _BatchNorm) for m in model.modules())
        self.dim = self._width()

    @classmethod
    def load(cls, source: str | Path) -> Self:
        """Read an encoder from a folder in the layout of transformers, or from the hub by id.

        It is in prediction mode.

        Raises:
            ModelError: Weights missing, damaged or not of an image encoder.
            MissingError: Neither a folder nor a hub id.
        """
        model = _read(source)
        size = getattr(model.config, "image_size", 224)
        return cls(
            model,
            pixels=Pixels.load(Path(source), size if isinstance(size, int) else 224),
            source=str(source),
        ).eval()

    def save(self, folder: Path) -> None:
        """Write configuration, weights and `preprocessor_config.json`."""
        with Quiet():
            self.model.save_pretrained(folder, state_dict=self.pretrained("model"))
        self.pixels.save(folder)

    def resize(self, size: int) -> None:
        """Read images at `size` pixels a side; a pass costs as the square of it.

        Convolutions read any size, if less well the further it is from that of pretraining;
        transformers read the one they were made for.

        Raises:
            ConfigError: The model reads no images of that size.
        """
        pixels, self.pixels = self.pixels, self.pixels.resized(size)
        try:
            self._width()
        except (ValueError, RuntimeError) as error:
            self.pixels = pixels
            raise ConfigError(
                f"This encoder reads images of {pixels.size} pixels a side; found `image_size` "
                f"{size}. Leave `image_size` out"
            ) from error
        self.image_size = size

    def signature(self) -> str:
        """Kind, architecture and how images become arrays."""
        return f"ImageEncoder {self.model.config.model_type} {self.pixels}"

    def prepare(self, inputs: Inputs) -> Prepared:
        """Decode and scale the images, as far as memory is set aside for them.

        Raises:
            ConfigError: The inputs are not one column of images.
        """
        if [column.modality for column in inputs.columns] != ["image"]:
            names = ", ".join(column.name for column in inputs.columns)
            raise ConfigError(
                f"An image encoder reads one image column; found {names!r}. Give one under `input`"
            )
        values = inputs.values[inputs.columns[0].name]
        items: list[Any] = []
        marks = blank(len(values))
        held = 0
        for row, value in enumerate(values):
            array, readable = self._decode(value)
            items.append(array if held < _HELD else value)
            held += array.nbytes
            marks[row] = 0 if readable else UNREADABLE
        return Prepared(items, np.ones(len(items), dtype=np.int64), marks)

    def collate(
        self, prepared: Prepared, index: Sequence[int], generator: np.random.Generator | None = None
    ) -> dict[str, Tensor]:
        """`pixels` `(n, 3, size, size)` float32 of the rows at `index`."""
        arrays = [self._array(prepared.items[i]) for i in index]
        if generator is not None and not self.frozen:
            # what frozen layers say of a row is computed once, so the row may not change
            arrays = [self.changes(array, generator) for array in arrays]
        stacked = np.stack([self.pixels.normalise(array) for array in arrays])
        pixels = torch.from_numpy(stacked).contiguous(memory_format=torch.channels_last)
        return {"pixels": pixels}

    def lower(self, batch: Batch) -> Tensor:
        """What the fixed layers give; the pixels themselves where nothing is fixed."""
        if not self._fixed:
            return batch["pixels"]
        with torch.no_grad():
            return self.between(batch["pixels"], 0, self.frozen)

    def upper(self, hidden: Tensor, batch: Batch) -> Features:
        """Features from pixels (nothing fixed) or from what `lower` gave."""
        del batch
        hidden = (
            hidden.contiguous(memory_format=torch.channels_last) if hidden.ndim == 4 else hidden
        )
        if not self._stack:
            return Features(_pool(self.model(hidden).last_hidden_state))
        start = self.frozen if self._fixed else 0
        whole = hidden if self._fixed else self._stack[0].first(hidden)
        last = self._run_blocks(whole, start, self.depth)
        return Features(_pool(last))

    def freeze(self, layers: int, *, embeddings: bool = True) -> None:
        """Fix the first layer and the lowest `layers`; `freeze(0, embeddings=False)` frees all.

        Raises:
            ConfigError: The model cannot be split, or has fewer layers.
        """
        if layers > self.depth:
            raise ConfigError(
                f"The encoder has {self.depth} layers that can be fixed; asked for {layers}"
            )
        self.frozen = layers
        self._fixed = bool(self._stack) and (layers > 0 or embeddings)
        self.model.requires_grad_(True)
        if self._fixed:
            self._stack[0].first.requires_grad_(False)
            for block in self._stack[0].blocks[:layers]:
                block.requires_grad_(False)
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """Set training mode; fixed layers, with their batch normalisation, stay as they are."""
        super().train(mode)
        if self._fixed:
            self._stack[0].first.eval()
            for block in self._stack[0].blocks[: self.frozen]:
                block.eval()
        return self

    def strata(self) -> list[nn.Module]:
        """The first layer and each block; what comes last counts with the uppermost."""
        if not self._stack:
            return [self]
        *lower, top = self._stack[0].blocks
        return [self._stack[0].first, *lower, nn.ModuleList([top, self._stack[0].last])]

    def together(self, hidden: Sequence[Tensor], batches: Sequence[Batch]) -> list[Features]:
        """One pass over the rows of all tables, so that they share the statistics of a batch."""
        vectors = self.upper(torch.cat(list(hidden)), batches[0]).vector
        sizes = [len(part) for part in hidden]
        return [Features(part) for part in torch.split(vectors, sizes)]

    def statistics(self) -> list[Tensor]:
        """Running means and variances of batch normalisation, and how many batches they hold."""
        norms = [module for module in self.model.modules() if isinstance(module, _BatchNorm)]
        return [buffer for norm in norms for buffer in norm.buffers()]

    def between(self, hidden: Tensor, start: int, stop: int) -> Tensor:
        """The output of layer `stop` from that of layer `start`; layer 0 reads the pixels.

        Only for encoders with layers (`depth` above 0).
        """
        first = self._stack[0].first
        return self._run_blocks(first(hidden) if start == 0 else hidden, start, stop)

    @staticmethod
    def pool(hidden: Tensor) -> Tensor:
        """`(n, d)` float32 of the last layer: the mean over places, or the first token."""
        return _pool(hidden)

    def _run_blocks(self, hidden: Tensor, start: int, stop: int) -> Tensor:
        for block in self._stack[0].blocks[start:stop]:
            hidden = block(hidden)
        if stop == self.depth and start < stop:
            hidden = self._stack[0].last(hidden)
        return hidden

    def _width(self) -> int:
        mode = self.training
        self.eval()
        with torch.no_grad():
            blank = torch.zeros(1, 3, self.pixels.size, self.pixels.size)
            width = int(_pool(self.model(blank).last_hidden_state).shape[1])
        self.train(mode)
        return width

    def _decode(self, value: Any) -> tuple[np.ndarray, bool]:
        try:
            return self.pixels.decode(value), True
        except DataError:
            # Headers were checked when the data was loaded; what fails here is cut short within.
            return np.full((self.pixels.size, self.pixels.size), 128, np.uint8), False

    def _array(self, item: Any) -> np.ndarray:
        return item if isinstance(item, np.ndarray) else self._decode(item)[0]


def _pool(hidden: Tensor) -> Tensor:
    """`(n, d)` float32: the mean over places of a map, the first token of a sequence."""
    return (hidden.mean((2, 3)) if hidden.ndim == 4 else hidden[:, 0]).float()


def _stack(model: Any) -> tuple[_Stack, ...]:
    """The layers of a model known to be a plain chain, in a tuple; empty for other models."""
    kind = model.config.model_type
    if kind == "mobilenet_v2":
        return (_Stack(model.conv_stem, (*model.layer, model.conv_1x1), nn.Identity()),)
    if kind == "vit" and hasattr(model, "layers"):
        return (_Stack(model.embeddings, tuple(model.layers), model.layernorm),)
    return ()


def _read(source: str | Path) -> Any:
    from safetensors import SafetensorError
    from transformers import AutoModel

    local = Path(source).is_dir()
    if not local and (str(source).count("/") != 1 or str(source).startswith(("/", "."))):
        raise MissingError(f"No encoder at {str(source)!r}: neither a folder nor a hub id (a/b)")
    try:
        with torch.random.fork_rng(devices=[]), Quiet():
            model, facts = AutoModel.from_pretrained(
                str(source),
                dtype=torch.float32,
                use_safetensors=True,
                local_files_only=local,
                trust_remote_code=False,
                output_loading_info=True,
            )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError, AttributeError) as error:
        reason = str(error).strip().partition("\n")[0][:300]
        raise ModelError(
            f"{source}: cannot be read as an image encoder ({reason}); it needs config.json and "
            "model.safetensors that belong together"
        ) from error
    missing = sorted(name for name in facts["missing_keys"] if not name.startswith("pooler"))
    if missing or getattr(model, "main_input_name", "") != "pixel_values":
        found = (
            f"{len(missing)} tensors are missing, as {missing[0]}" if missing else "it reads text"
        )
        raise ModelError(f"{source}: no whole image encoder ({found}); get the weights again")
    if any(name.startswith("pooler") for name, _ in model.named_parameters()):
        model.pooler = nn.Identity()  # we pool ourselves, and a missing one would be random
    return model.eval()
