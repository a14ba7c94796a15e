"""Reading transformers models from folders: quietly, safely, without a look at the network."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from polytask._errors import MissingError, ModelError
from polytask.learning.quiet import Quiet

_UNUSED = ("pooler",)  # a layer on top that mean pooling does not need
_CAUSAL = ("llama", "mistral", "olmo2", "qwen2", "qwen3", "smollm3")
_PARTS = {"embed_tokens", "layers", "norm", "rotary_emb"}
_BOTH_WAYS = ("xlnet",)  # has a causal form alone, and yet sees both sides


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


@dataclass(frozen=True)
class Stack:
    """Where the layers of a model stand.

    Args:
        owner: The child that holds them; "" for the model itself.
        layers: The layers, from bottom to top.
        first: The child that embeds sub-words.
        last: The child that acts on what the top layer gives; "" for none.
    """

    owner: str
    layers: nn.ModuleList
    first: str = "embeddings"
    last: str = ""


def stack_of(model: Any) -> Stack | None:
    """Where the layers of `model` stand, or `None` where it cannot be cut between them.

    It can where `embeddings` stand beside one child with one list of layers, as in BERT, RoBERTa,
    XLM-R, MPNet, ELECTRA and DistilBERT; and where the model itself holds embeddings, layers and
    one normalisation over them, as Llama, Mistral, Qwen and their kin do.
    """
    if not isinstance(getattr(model, "embeddings", None), nn.Module):
        return _causal_stack(model)
    if any(
        name.endswith(("norm", "ln_f", "embeddings_project")) for name, _ in model.named_children()
    ):
        return None  # something acts between or after the layers: halves would not make the whole
    for name, child in model.named_children():
        lists = [item for item in child.children() if isinstance(item, nn.ModuleList)]
        if len(lists) == 1 and name != "embeddings":
            return Stack(name, lists[0])
    return None


def _causal_stack(model: Any) -> Stack | None:
    config = model.config
    if config.model_type not in _CAUSAL or {n for n, _ in model.named_children()} != _PARTS:
        return (
            None  # others scale embeddings, or add places to them, where halves would do so twice
        )
    if len(set(getattr(config, "layer_types", None) or ())) > 1:
        return None  # layers are told apart by their number, which is another in a half
    return Stack("", model.layers, first="embed_tokens", last="norm")


def view_of(model: Any, stack: Stack, blocks: nn.ModuleList, **instead: nn.Module) -> Any:
    """A model that shares all weights with `model` and runs only `blocks`.

    Args:
        model: The model.
        stack: Where its layers stand.
        blocks: Those to run.
        instead: By name children that others stand in for.
    """
    view = copy.copy(model)
    view._modules = dict(model._modules)
    holder = view
    if stack.owner:
        holder = copy.copy(model.get_submodule(stack.owner))
        holder._modules = dict(holder._modules)
        view._modules[stack.owner] = holder
    name = next(k for k, v in holder._modules.items() if isinstance(v, nn.ModuleList))
    holder._modules[name] = blocks
    view._modules.update(instead)
    return view


def is_causal(source: str | Path) -> bool:
    """Whether the model at `source` reads from left to right, as language models do.

    Decided by the kind of model that its configuration names: it has a causal form in
    transformers and no masked one. Where no configuration can be read, it is not.
    """
    from transformers import AutoConfig
    from transformers.models.auto import modeling_auto as known

    local = Path(source).is_dir()
    try:
        with Quiet():
            config = AutoConfig.from_pretrained(
                str(source), local_files_only=local, trust_remote_code=False
            )
    except (OSError, ValueError, KeyError):
        return False  # reading the weights will say what is wrong, and with which file
    kind = config.model_type
    causal, masked = (
        getattr(known, f"MODEL_FOR_{name}_LM_MAPPING_NAMES") for name in ("CAUSAL", "MASKED")
    )
    return kind in causal and kind not in masked and kind not in _BOTH_WAYS


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
