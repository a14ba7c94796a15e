"""Writes a very small language model of random numbers as a GGUF file, as llama.cpp has them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = ["the cat sat on a mat", "it was a good day", "system user assistant"]
CHAT = (
    "{% for message in messages %}{{ '<s>' + message['role'] + ' ' + message['content'] }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<s>assistant ' }}{% endif %}"
)
DIM, INNER, DEPTH, HEADS, CONTEXT = 32, 64, 2, 2, 8192


def write(path: Path, *, context: int = CONTEXT) -> Path:
    """A Llama whose answers are rubbish, with a byte-level tokenizer and a form of chats."""
    import gguf

    from polytask.learning.encoders.tiny import tiny_causal_encoder

    backend = tiny_causal_encoder(TEXTS).tokenizer.backend_tokenizer
    found = json.loads(backend.to_str())["model"]
    words = sorted(found["vocab"], key=found["vocab"].get)
    writer = gguf.GGUFWriter(path, "llama")
    for name, value in {
        "name": "tiny",
        "context_length": context,
        "embedding_length": DIM,
        "block_count": DEPTH,
        "feed_forward_length": INNER,
        "head_count": HEADS,
        "head_count_kv": 1,
        "layer_norm_rms_eps": 1e-5,
        "rope_freq_base": 10000.0,
        "rope_dimension_count": DIM // HEADS,
        "vocab_size": len(words),
        "tokenizer_model": "gpt2",
        "tokenizer_pre": "smollm",
        "token_list": words,
        "token_types": [3 if word in ("<s>", "</s>") else 1 for word in words],
        "token_merges": [" ".join(pair) for pair in found["merges"]],
        "bos_token_id": 0,
        "eos_token_id": 1,
        "pad_token_id": 1,
        "add_bos_token": False,
        "chat_template": CHAT,
    }.items():
        getattr(writer, f"add_{name}")(value)
    for name, shape in _tensors(len(words)).items():
        one = np.ones(shape) if "norm" in name else _numbers(name, shape)
        writer.add_tensor(name, one.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _numbers(name: str, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(sum(map(ord, name))).normal(0, 0.2, shape)


def _tensors(words: int) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {"token_embd.weight": (words, DIM)}
    for i in range(DEPTH):
        layer: dict[str, tuple[int, ...]] = {
            "attn_norm": (DIM,),
            "attn_q": (DIM, DIM),
            "attn_k": (DIM // HEADS, DIM),
            "attn_v": (DIM // HEADS, DIM),
            "attn_output": (DIM, DIM),
            "ffn_norm": (DIM,),
            "ffn_gate": (INNER, DIM),
            "ffn_up": (INNER, DIM),
            "ffn_down": (DIM, INNER),
        }
        found |= {f"blk.{i}.{name}.weight": shape for name, shape in layer.items()}
    return found | {"output_norm.weight": (DIM,)}
