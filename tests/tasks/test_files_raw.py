from __future__ import annotations

import numpy as np
import polars as pl

from polytask.tasks.files_raw import Raw


def test_a_place_is_file_and_row():
    raw = Raw(pl.DataFrame({"a": [1, 2]}), "数 据.csv", rows=np.array([2, 5]))
    assert raw.place(1) == "数 据.csv:5"


def test_findings_and_rows_are_empty_by_default():
    raw = Raw(pl.DataFrame(), "a.csv")
    assert raw.findings == []
    assert raw.rows.tolist() == []
