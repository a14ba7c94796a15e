"""Text: any transformers encoder, cut into frozen lower and trained upper layers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import torch
from torch import nn

from polytask._errors import ConfigError, ModelError
from polytask.learning.encoders.active import ActiveEmbedding
from polytask.learning.encoders.encoder import Encoder, Features
from polytask.learning.encoders.transformer import load_transformer, stack_of, view_of
from polytask.learning.encoders.words import Tokenized, tokenize, vocabulary
from polytask.learning.quiet import Quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from torch import Tensor

    from polytask.learning.encoders.encoder import Batch, Prepared
    from polytask.tasks.task import Inputs

LONGEST = 256
"""Longest input in sub-words: attention costs the square of it, and most labels show early."""


class TextEncoder(Encoder):
    """A transformers text encoder with mean pooling.

    Two text columns go in as a pair. A list of tokens keeps its alignment: `Features.tokens` has
    one vector a token of the user, that of its first sub-word. Texts longer than `max_length` are
    cut; token lists are read in overlapping windows so that every token has a vector.

    Args:
        model: A `transformers` model that gives `last_hidden_state`.
        tokenizer: Its (fast) tokenizer.
        max_length: Longest input in sub-words, special ones included.
        prefix: Text put before every first text, as the E5 models want ("query: ").
        source: Where the weights came from.
    """

    cost: ClassVar[str] = "grows with the words of a row, and in long rows with their square"

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        max_length: int = LONGEST,
        prefix: str = "",
        source: str = "",
    ) -> None:
        super().__init__()
        self.model = model
        self.tokenizer = tokenizer
        self.prefix = prefix
        self.source = source
        self.max_length = min(max_length, _positions(model.config), _tokenizer_limit(tokenizer))
        self.dim = int(model.config.hidden_size)
        self._stack = stack_of(model)
        self.depth = len(self._stack.layers) if self._stack else 0
        self._views: tuple[Any, Any] | None = None  # in a tuple: no second names for the weights

    @classmethod
    def load(cls, source: str | Path, *, max_length: int = LONGEST) -> Self:
        """Read an encoder from a folder in the layout of transformers, or from the hub by id.

        A folder is read without any look at the network. Weights must be safetensors.

        Args:
            source: A folder, or a hub id that the user named.
            max_length: Longest input in sub-words; the folder's own `polytask.json` goes before.

        Raises:
            ModelError: Weights missing, damaged or not of a text encoder.
        """
        model, tokenizer = load_transformer(source)
        kept = kept_settings(Path(source))
        return cls(
            model,
            tokenizer,
            max_length=int(kept.get("max_length", max_length)),
            prefix=str(kept.get("prefix", "")),
            source=str(source),
        )

    def save(self, folder: Path) -> None:
        """Write model and tokenizer in the layout of transformers, and `polytask.json`."""
        with Quiet():
            self.model.save_pretrained(folder, state_dict=self.pretrained("model"))
            self.tokenizer.save_pretrained(folder)
        (folder / "polytask.json").write_text(json.dumps(self.kept()) + "\n", encoding="utf-8")

    def kept(self) -> dict[str, Any]:
        """What `polytask.json` holds."""
        return {"max_length": self.max_length, "prefix": self.prefix}

    def signature(self) -> str:
        """Kind, longest input, prefix and vocabulary."""
        vocabulary = json.dumps(sorted(self.tokenizer.get_vocab().items()))
        return f"TextEncoder {self.max_length} {self.prefix!r} {vocabulary}"

    def prepare(self, inputs: Inputs) -> Prepared:
        """Tokenise all rows; align tokens; cut texts and window token lists that are too long."""
        return tokenize(self.tokenizer, inputs, self.max_length, self.prefix)

    def collate(
        self, prepared: Prepared, index: Sequence[int], generator: np.random.Generator | None = None
    ) -> dict[str, Tensor]:
        """Sub-word ids, masks and places of the user's tokens of the rows at `index`."""
        del generator  # text is not augmented
        padding = int(self.tokenizer.pad_token_id or 0)
        return collate([prepared.items[i] for i in index], padding)

    def strata(self) -> list[nn.Module]:
        """The embeddings and each layer; what acts on the top layer's output goes with it."""
        if not self._stack:
            return [self]
        first, *layers = (self.model.get_submodule(self._stack.first), *self._stack.layers)
        if self._stack.last:
            layers[-1] = nn.ModuleList([layers[-1], self.model.get_submodule(self._stack.last)])
        return [first, *layers]

    def blocks(self) -> list[nn.Module]:
        """Each layer."""
        return list(self._stack.layers) if self._stack else []

    def narrow(self, prepared: Sequence[Prepared]) -> None:
        """Train the embeddings of those sub-words alone that occur in `prepared`."""
        whole = self.model.get_input_embeddings()
        if isinstance(whole, nn.Embedding) and whole.weight.requires_grad:
            active = torch.tensor(vocabulary(prepared), device=whole.weight.device)
            self.model.set_input_embeddings(ActiveEmbedding(whole, active))

    def widen(self) -> None:
        """Put the trained embeddings back among all others."""
        found = self.model.get_input_embeddings()
        if isinstance(found, ActiveEmbedding):
            self.model.set_input_embeddings(found.restore())

    def lengths(self, batch: Batch) -> list[int]:
        """Sub-words of each sequence."""
        return [int(n) for n in batch["attention_mask"].sum(1).tolist()]

    def lower(self, batch: Batch) -> Tensor:
        """Hidden states `(s, t, d)` after embeddings and frozen layers, one entry a window."""
        if self._views is None:
            return batch["input_ids"]  # nothing is frozen: all work is done above
        with torch.no_grad():
            return _hidden(self._views[0], batch, input_ids=batch["input_ids"])

    def upper(self, hidden: Tensor, batch: Batch) -> Features:
        """Features from ids (nothing frozen) or from hidden states or `embedded` words."""
        if not hidden.is_floating_point():
            last = _hidden(self.model, batch, input_ids=hidden)
        else:
            above = self._views[1] if self._views else self._cut(0)[1]
            last = _hidden(above, batch, inputs_embeds=hidden)
        return self.pool(last.float(), batch)

    def pool(self, hidden: Tensor, batch: Batch) -> Features:
        """Features from the hidden states `(s, t, d)` of the top layer."""
        return pool(hidden, batch)

    def embedded(self, hidden: Tensor, batch: Batch) -> Tensor:
        """What the embeddings give, position and normalisation included.

        Raises:
            ConfigError: Fixed layers stand over them, or the model cannot be split.
        """
        if self.frozen or self._stack is None:
            return super().embedded(hidden, batch)
        if hidden.is_floating_point():
            return hidden
        return _hidden(self._cut(0)[0], batch, input_ids=hidden)

    def shorten(self, layers: int) -> None:
        """Leave out the top `layers` layers; the rest is an encoder of its own, saved whole.

        Raises:
            ConfigError: The model cannot be split, or has no more layers than that.
        """
        if layers >= max(1, self.depth) or self._stack is None:
            raise ConfigError(
                f"The encoder has {self.depth} layers, of which one must stay; asked to leave out "
                f"{layers}"
            )
        del self._stack.layers[self.depth - layers :]
        self.depth -= layers
        config = self.model.config
        config.num_hidden_layers = self.depth
        if getattr(config, "layer_types", None):
            config.layer_types = config.layer_types[: self.depth]
        self.source = ""

    def freeze(self, layers: int, *, embeddings: bool = True) -> None:
        """Fix the lowest `layers` layers and the embeddings; `freeze(0, embeddings=False)` frees.

        Raises:
            ConfigError: The model cannot be split, or has fewer layers.
        """
        if layers > self.depth and layers > 0:
            raise ConfigError(
                f"The encoder has {self.depth} layers that can be fixed; asked for {layers}"
            )
        self.frozen = layers
        fixed = layers > 0 or embeddings
        self.model.requires_grad_(True)
        if self._stack is None or not fixed:
            self._views = None
            return
        self.model.get_input_embeddings().requires_grad_(False)
        self.model.get_submodule(self._stack.first).requires_grad_(False)
        self._stack.layers[:layers].requires_grad_(False)
        self._views = self._cut(layers)
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """Set training mode; frozen layers stay as in prediction, so that their output is fixed."""
        super().train(mode)
        if self._views is not None:
            self._views[0].eval()
        return self

    def _cut(self, layers: int) -> tuple[Any, Any]:
        """The model in two: embeddings with the lowest `layers` layers, and the layers above."""
        stack = self._stack
        assert stack is not None
        last: dict[str, nn.Module] = {stack.last: nn.Identity()} if stack.last else {}
        lower = view_of(self.model, stack, stack.layers[:layers], **last)
        first = {stack.first: _Through()}
        return lower, view_of(self.model, stack, stack.layers[layers:], **first)


class _Through(nn.Module):
    """Stands in for the embeddings: hidden states come in and go out."""

    def forward(self, *args: Any, **named: Any) -> Tensor:
        given = [value for value in (*args, *named.values()) if isinstance(value, torch.Tensor)]
        return next(value for value in given if value.is_floating_point())


def _hidden(model: Any, batch: Batch, **given: Tensor) -> Tensor:
    arguments = {"attention_mask": batch["attention_mask"], **given}
    if "token_type_ids" in batch:
        arguments["token_type_ids"] = batch["token_type_ids"]
    hidden: Tensor = model(**arguments).last_hidden_state
    return hidden


def collate(rows: Sequence[Tokenized], padding: int) -> dict[str, Tensor]:
    """Pad the sequences of `rows` into a batch.

    Gives `input_ids` and `attention_mask` `(s, t)`; `token_type_ids` for pairs; `owner` `(s,)`
    where a row has several windows; for token lists `places` `(n, u)`, the position of each
    token of the user in the flattened `(s · t)`, and `places_mask`.
    """
    sequences = [sequence for row in rows for sequence in row.sequences]
    width = max(len(sequence) for sequence in sequences)
    ids = torch.full((len(sequences), width), padding, dtype=torch.long)
    mask = torch.zeros((len(sequences), width), dtype=torch.long)
    for i, sequence in enumerate(sequences):
        ids[i, : len(sequence)] = torch.tensor(sequence)
        mask[i, : len(sequence)] = 1
    batch = {"input_ids": ids, "attention_mask": mask}
    if any(row.types is not None for row in rows):
        batch["token_type_ids"] = _types(rows, ids.shape)
    if len(sequences) > len(rows):
        counts = torch.tensor([len(row.sequences) for row in rows])
        batch["owner"] = torch.repeat_interleave(torch.arange(len(rows)), counts)
    if rows[0].places is not None:
        batch["places"], batch["places_mask"] = _places(rows, width)
    return batch


def pool(hidden: Tensor, batch: Batch) -> Features:
    """Mean over the sub-words of each row, and the vectors of the user's tokens."""
    mask = batch["attention_mask"].to(hidden.dtype)
    total, count = (hidden * mask[..., None]).sum(1), mask.sum(1)
    if "owner" in batch:
        rows = int(batch["owner"][-1]) + 1
        total = total.new_zeros(rows, total.shape[1]).index_add(0, batch["owner"], total)
        count = count.new_zeros(rows).index_add(0, batch["owner"], count)
    vector = total / count[:, None]
    if "places" not in batch:
        return Features(vector)
    tokens = hidden.flatten(0, 1)[batch["places"]]
    return Features(vector, tokens, batch["places_mask"])


def _types(rows: Sequence[Tokenized], shape: torch.Size) -> Tensor:
    types = torch.zeros(shape, dtype=torch.long)
    sequences = [types_ for row in rows for types_ in row.types or [[0]] * len(row.sequences)]
    for i, given in enumerate(sequences):
        types[i, : len(given)] = torch.tensor(given)
    return types


def _places(rows: Sequence[Tokenized], width: int) -> tuple[Tensor, Tensor]:
    longest = max(1, *(len(row.places) for row in rows if row.places is not None))
    places = torch.zeros((len(rows), longest), dtype=torch.long)
    mask = torch.zeros((len(rows), longest), dtype=torch.bool)
    first = 0
    for i, row in enumerate(rows):
        if row.places is not None and len(row.places):
            at = torch.as_tensor(row.places)
            places[i, : len(at)] = (at[:, 0] + first) * width + at[:, 1]
            mask[i, : len(at)] = True
        first += len(row.sequences)
    return places, mask


def _positions(config: Any) -> int:
    """Longest input the position embeddings allow; RoBERTa's begin after the padding index."""
    known = getattr(config, "max_position_embeddings", None) or LONGEST
    offset = int(getattr(config, "pad_token_id", 0) or 0) + 1
    shifted = config.model_type in ("roberta", "xlm-roberta", "camembert", "mpnet")
    return int(known) - (offset if shifted else 0)


def _tokenizer_limit(tokenizer: Any) -> int:
    return max(8, int(min(tokenizer.model_max_length, 1 << 20)))


def kept_settings(folder: Path) -> dict[str, Any]:
    """What a folder says of itself: our `polytask.json`, else the prompt of sentence-transformers.

    Raises:
        ModelError: A file that is no JSON.
    """
    own, theirs = folder / "polytask.json", folder / "config_sentence_transformers.json"
    path = own if own.is_file() else theirs
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if path == own:
            return dict(content)
        return {"prefix": content.get("prompts", {})[content["default_prompt_name"]]}
    except (KeyError, TypeError):
        return {}
    except ValueError as error:
        raise ModelError(
            f"{path}: not readable as JSON ({error}); get the weights again"
        ) from error
