from __future__ import annotations

import pytest
import torch

from polytask._errors import ConfigError
from polytask.learning import precision
from polytask.learning.recipes.recipe import Context


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({"avx512f", "avx512_bf16"}, "bfloat16"),
        ({"amx_bf16"}, "bfloat16"),
        ({"avx2"}, "float32"),
        (set(), "float32"),
    ],
    ids=["avx512", "amx", "old", "unknown"],
)
def test_auto_is_bfloat16_where_the_processor_has_it(monkeypatch, flags, expected: str) -> None:
    monkeypatch.setattr(precision, "_cpu_flags", lambda: frozenset(flags))
    assert precision.resolve("auto") == expected
    assert precision.resolve("float32") == "float32"


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"`dtype` is one of auto, .+; found 'fp8'"):
        precision.resolve("fp8")


def test_autocast_changes_matrix_products_only_when_asked() -> None:
    a = torch.ones(2, 2)
    with precision.autocast("cpu", "bfloat16"):
        assert (a @ a).dtype == torch.bfloat16
    with precision.autocast("cpu", "float32"):
        assert (a @ a).dtype == torch.float32


def test_settle_sets_seed_and_threads() -> None:
    before = torch.get_num_threads()
    try:
        assert precision.settle(Context(seed=4, threads=1, dtype="float32")) == "float32"
        assert torch.get_num_threads() == 1
        first = torch.rand(1)
        precision.settle(Context(seed=4, threads=1))
        assert torch.equal(first, torch.rand(1))
    finally:
        torch.set_num_threads(before)
