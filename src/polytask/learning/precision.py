"""Number formats, threads and seeds: set on purpose, in one place."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from polytask._errors import ConfigError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from polytask.learning.recipes.recipe import Context

DTYPES = ("auto", "bfloat16", "float32")


def resolve(dtype: str, device: str = "cpu") -> str:
    """The number format meant by `dtype`: "auto" is bfloat16 where the processor is fast at it.

    Raises:
        ConfigError: An unknown format.

    >>> resolve("float32")
    'float32'
    """
    if dtype not in DTYPES:
        raise ConfigError(f"`dtype` is one of {', '.join(DTYPES)}; found {dtype!r}")
    if dtype != "auto":
        return dtype
    return "bfloat16" if _fast_bfloat16(device) else "float32"


def autocast(device: str, dtype: str) -> AbstractContextManager[object]:
    """A context in which matrix products run in `dtype`; nothing changes for "float32"."""
    import torch

    kind = torch.device(device).type
    return torch.autocast(kind, dtype=torch.bfloat16, enabled=dtype == "bfloat16")


def settle(context: Context) -> str:
    """Set threads and seeds as `context` says; gives the number format to compute in."""
    import torch

    torch.set_num_threads(max(1, context.threads))
    torch.manual_seed(context.seed)
    return resolve(context.dtype, context.device)


def _fast_bfloat16(device: str) -> bool:
    if device == "cpu":
        return bool(_cpu_flags() & {"avx512_bf16", "amx_bf16"})
    import torch

    return torch.cuda.is_available() and torch.cuda.is_bf16_supported()


@functools.cache
def _cpu_flags() -> frozenset[str]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()  # no Linux: float32 is right everywhere
    line = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return frozenset(line.split())
