"""Reading transformers models from folders: quietly, safely, without a look at the network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from polytask._errors import MissingError, ModelError

_UNUSED = ("pooler",)  # a layer on top that mean pooling does not need


def load_transformer(source: str | Path) -> tuple[Any, Any]:
    """Model and tokenizer from a folder, or from the hub where `source` is the id of a repository.

    Weights are float32 safetensors; no code of the folder is run. Attention is "eager": under
    bfloat16 the fused kernel of the CPU loses half the speed in its backward pass.

    Raises:
        ModelError: Weights missing, damaged, or of no model that transformers knows.
        MissingError: Neither a folder nor a hub id.
    """
    from transformers import AutoModel

    local = Path(source).is_dir()
    if not local and (str(source).count("/") != 1 or str(source).startswith(("/", "."))):
        raise MissingError(f"No encoder at {str(source)!r}: neither a folder nor a hub id (a/b)")
    options: dict[str, Any] = {"local_files_only": local, "trust_remote_code": False}
    with torch.random.fork_rng(devices=[]), Quiet():
        # weights that are missing would be made at random: that must not move our seed
        model, facts = _guard(
            source,
            lambda: AutoModel.from_pretrained(
                str(source),
                attn_implementation="eager",
                dtype=torch.float32,
                use_safetensors=True,
                output_loading_info=True,
                **options,
            ),
        )
    _check_complete(source, facts)
    if getattr(model, "pooler", None) is not None:
        model.pooler = None
    return model, load_tokenizer(source, options)


def load_tokenizer(source: str | Path, options: dict[str, Any]) -> Any:
    """The fast tokenizer of a folder or hub id.

    Raises:
        ModelError: Missing, damaged, or only a slow one.
    """
    from transformers import AutoTokenizer

    with Quiet():
        found = _guard(source, lambda: AutoTokenizer.from_pretrained(str(source), **options))
        if "add_prefix_space" in getattr(found, "init_kwargs", {}):
            # byte-level tokenizers take lists of words only so
            found = AutoTokenizer.from_pretrained(str(source), add_prefix_space=True, **options)
    if not getattr(found, "is_fast", False):
        raise ModelError(f"{source}: has no tokenizer.json; polytask needs a fast tokenizer")
    return found


def stack_of(model: Any) -> tuple[str, nn.ModuleList] | None:
    """Where the layers of `model` stand: the child that holds them and the layers.

    `None` where the model has no `embeddings` beside one child with one list of layers, as BERT,
    RoBERTa, XLM-R, MPNet, ELECTRA and DistilBERT have.
    """
    if not isinstance(getattr(model, "embeddings", None), nn.Module):
        return None
    if any(
        name.endswith(("norm", "ln_f", "embeddings_project")) for name, _ in model.named_children()
    ):
        return None  # something acts between or after the layers: halves would not make the whole
    for name, child in model.named_children():
        lists = [item for item in child.children() if isinstance(item, nn.ModuleList)]
        if len(lists) == 1 and name != "embeddings":
            return name, lists[0]
    return None


def _guard(source: str | Path, read: Any) -> Any:
    """Run `read`; what goes wrong with files of others becomes one clear error."""
    from safetensors import SafetensorError

    try:
        return read()
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError, AttributeError) as error:
        reason = str(error).strip().partition("\n")[0][:300]
        raise ModelError(
            f"{source}: cannot be read as a text encoder ({reason}); it needs config.json, "
            "model.safetensors and tokenizer.json that belong together"
        ) from error


def _check_complete(source: str | Path, facts: Any) -> None:
    missing = [name for name in facts["missing_keys"] if not any(u in name for u in _UNUSED)]
    if missing:
        raise ModelError(
            f"{source}: the weights lack {len(missing)} of the model's tensors "
            f"(the first: {min(missing)}); the file is damaged or of another model"
        )


class Quiet:
    """Silence the progress bars and reports of transformers while it reads."""

    def __enter__(self) -> None:
        from transformers.utils import logging

        self.level = logging.get_verbosity()
        logging.set_verbosity_error()
        self.bars = logging.is_progress_bar_enabled()
        logging.disable_progress_bar()

    def __exit__(self, *_: object) -> None:
        from transformers.utils import logging

        logging.set_verbosity(self.level)
        if self.bars:
            logging.enable_progress_bar()
