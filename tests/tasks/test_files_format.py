from __future__ import annotations

from pathlib import Path

import pytest

from polytask.tasks.files_format import stem_of, suffix_of


@pytest.mark.parametrize(
    ("name", "stem", "suffix"),
    [
        ("train.csv", "train", ".csv"),
        ("Train.CSV.GZ", "Train", ".csv"),
        ("数 据.v2.jsonl", "数 据.v2", ".jsonl"),
        ("readme", "readme", ""),
        (".csv", ".csv", ""),
    ],
)
def test_stem_and_suffix(name, stem, suffix):
    assert (stem_of(Path(name)), suffix_of(Path(name))) == (stem, suffix)
