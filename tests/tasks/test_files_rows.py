from __future__ import annotations

import numpy as np
import pytest

from polytask._errors import DataError
from polytask.tasks.files_raw import Limits
from polytask.tasks.files_rows import BadRows, Sample, row_hashes, sampled


def test_hashes_are_those_of_splitmix64():
    # First outputs of the reference implementation for seed 0.
    assert row_hashes(0, 3, 0).tolist() == [
        0xE220A8397B1DCDAF,
        0x6E789E6AA1B965F4,
        0x06C45D188009454F,
    ]


def test_hashes_are_uniform_and_differ_by_seed():
    values = row_hashes(0, 100_000, 3) / 2**64
    assert abs(values.mean() - 0.5) < 0.005
    counts = np.histogram(values, bins=10, range=(0, 1))[0]
    assert counts.min() > 9_500
    assert not np.any(row_hashes(0, 1000, 3) == row_hashes(0, 1000, 4))


def test_all_is_kept_below_the_limits():
    sample = Sample(Limits())
    for row in range(5):
        sample.add(b"x", row)
    assert sample.rows().tolist() == [0, 1, 2, 3, 4]
    assert list(sample.batches()) == [[b"x"] * 5]
    assert sampled("a.csv", 5, 5) == []


def test_a_sample_does_not_favour_early_or_late_rows():
    sample = Sample(Limits(max_rows=2000))
    for row in range(100_000):
        sample.add(b"x", row)
    rows = sample.rows()
    assert 1500 <= len(rows) <= 2000
    assert (np.diff(rows) > 0).all()
    halves = [(rows < 50_000).mean(), (rows % 2 == 0).mean()]
    assert all(abs(half - 0.5) < 0.05 for half in halves)


def test_records_and_rows_stay_together_and_in_order():
    sample = Sample(Limits(max_bytes=50_000, seed=7))
    for row in range(1, 2000):
        sample.add(b"%d" % row * 20, row)
    rows = sample.rows()
    records = [record for batch in sample.batches() for record in batch]
    assert records == [b"%d" % row * 20 for row in rows]


def test_more_columns_leave_room_for_fewer_rows():
    narrow, wide = Sample(Limits(max_bytes=100_000), 2), Sample(Limits(max_bytes=100_000), 100)
    for row in range(1000):
        narrow.add(b"x", row)
        wide.add(b"x", row)
    assert len(narrow.rows()) > 5 * len(wide.rows())


def test_bad_rows_are_counted_and_refused_when_most():
    bad = BadRows("a.csv")
    assert bad.findings(0) == []
    bad.add(7, "why")
    (finding,) = bad.findings(1)
    assert finding.message == "1 of 2 rows cannot be read, skipped: a.csv:7 (why)"
    with pytest.raises(DataError, match=r"a.csv: 1 of 1 rows cannot be read: a.csv:7 \(why\)\. Is"):
        bad.findings(0)
