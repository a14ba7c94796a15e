"""What every sampling keeps; new ones are added to `EVERY` by the catalogue."""

from __future__ import annotations

import numpy as np
import pytest

from polytask._catalogue import parse
from polytask._errors import ConfigError
from polytask.learning.batches import TrainTable, drawn, epoch_batches, mixed_batches, taken
from polytask.learning.encoders.encoder import Prepared
from polytask.learning.sampling import SAMPLINGS
from polytask.learning.sampling.sampling import Sampling, When

EVERY = list(SAMPLINGS)
EPOCHS = 6
GAPS = [[0.8, 0.2, 0.5]] * EPOCHS


def built(name: str) -> Sampling:
    return SAMPLINGS.build(parse(name))


def tables(*sizes: int) -> dict[str, TrainTable]:
    lengths = [np.random.default_rng(size).integers(1, 60, size) for size in sizes]
    return {str(i): TrainTable(Prepared(list(n), n), {}, {}) for i, n in enumerate(lengths)}


def whens() -> list[When]:
    return [When(epoch, EPOCHS, GAPS[:epoch]) for epoch in range(EPOCHS)]


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("sizes", [[700, 20, 300], [5, 5, 5], [1, 1000, 1]])
def test_an_epoch_takes_as_many_rows_as_there_are(name: str, sizes: list[int]) -> None:
    """To within the rounding of each table."""
    for when in whens():
        quotas = built(name).quotas(sizes, when)
        assert min(quotas) >= 1
        assert abs(sum(quotas) - sum(sizes)) <= len(sizes)


@pytest.mark.parametrize("name", EVERY)
def test_the_rows_of_an_epoch_are_those_of_its_quotas(name: str) -> None:
    given = tables(70, 20, 30)
    for when in whens():
        rows = drawn(given, built(name), seed=3, when=when)
        assert [len(r) for r in rows.values()] == built(name).quotas([70, 20, 30], when)
        for batches in (epoch_batches, mixed_batches):
            found = batches(given, built(name), 8, seed=3, when=when)
            flat = [b for batch in found for b in (batch if isinstance(batch, list) else [batch])]
            for table, expected in rows.items():
                seen = [int(i) for key, index in flat if key == table for i in index]
                assert sorted(seen) == sorted(expected.tolist())


@pytest.mark.parametrize("name", EVERY)
def test_every_row_comes_up(name: str) -> None:
    given = tables(70, 20, 30)
    seen: dict[str, set[int]] = {table: set() for table in given}
    for when in whens():
        for table, rows in drawn(given, built(name), seed=3, when=when).items():
            seen[table].update(rows.tolist())
    assert {table: len(rows) for table, rows in seen.items()} == {"0": 70, "1": 20, "2": 30}


@pytest.mark.parametrize("name", EVERY)
def test_seed_and_epoch_decide_the_rows(name: str) -> None:
    def rows(seed: int, when: When) -> list[list[int]]:
        found = drawn(tables(70, 20, 30), built(name), seed=seed, when=when)
        return [r.tolist() for r in found.values()]

    first, second = whens()[2:4]
    assert rows(0, first) == rows(0, first)
    assert rows(0, first) != rows(1, first)
    assert rows(0, first) != rows(0, second)


@pytest.mark.parametrize("name", EVERY)
def test_rows_taken_are_the_sum_of_the_quotas(name: str) -> None:
    sizes = [70, 20, 30]
    expected = np.sum([built(name).quotas(sizes, when) for when in whens()], axis=0)
    assert taken(sizes, built(name), When(EPOCHS, EPOCHS, GAPS)).tolist() == expected.tolist()


@pytest.mark.parametrize("name", EVERY)
def test_a_sparse_task_is_never_lowered(name: str) -> None:
    found = built(name)
    assert found.factor(0, 100) == 0.0
    assert found.factor(100, 100) == pytest.approx(1.0)
    assert 1.0 - 1e-9 <= found.factor(10, 100) <= 10.0 + 1e-9


@pytest.mark.parametrize("name", EVERY)
def test_its_text_form_makes_it_again(name: str) -> None:
    assert built(repr(built(name))) == built(name)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("Unifrom", "did you mean 'Uniform'"),
        ("Annealed(end=0.5)", r"`end` is at least 1; found 0\.5"),
        ("DevProgress(strength=-1)", "`strength` is at least 0; found -1"),
        ("Curriculum(start=0)", "`start` is above 0 and at most 1; found 0"),
        ("Curriculum(temperature=0.5)", "`temperature` is at least 1"),
    ],
)
def test_wrong_names_and_values_are_refused(written: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        built(written)
