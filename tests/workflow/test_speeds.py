from __future__ import annotations

import pytest

from polytask.planning.writers.costs import Costs
from polytask.tasks import load
from polytask.workflow import speeds
from polytask.workflow.settings import Settings

ENGLISH = [{"text": f"it was a {w} day in the city {i}", "mood": w} for i in range(30) for w in ("good", "bad")]  # fmt: skip  # noqa: E501
CHINESE = [
    {"text": f"今天天气{w}我们去公园 {i}", "mood": w} for i in range(30) for w in ("好", "坏")
]


def test_one_thread_is_slower_than_two():
    assert speeds.costs(2) == Costs()
    assert speeds.costs(1).fine_tune == pytest.approx(1.35 * Costs().fine_tune)


def test_an_encoder_is_here_when_its_weights_are(monkeypatch):
    english, chinese = load(ENGLISH), load(CHINESE)
    here = {"minilm": "a folder"}
    monkeypatch.setattr("polytask.learning.weights.find", here.get)
    assert speeds.encoders_here(english, Settings()) == ["text"]
    assert speeds.encoders_here(chinese, Settings()) == []  # e5 is wanted
    assert speeds.encoders_here(chinese, Settings(encoder="owner/model")) == ["text"]
    assert speeds.advice(english, Settings()) == ""
    assert "`polytask weights get multilingual`" in speeds.advice(chinese, Settings())
    assert speeds.advice(chinese, Settings(encoder="owner/model")) == ""
    here.clear()
    both = load({"english": ENGLISH, "chinese": CHINESE})
    assert "`polytask weights get text multilingual`" in speeds.advice(both, Settings())


def test_test_rows_take_their_time_once_a_task_and_none_where_there_are_folds():
    few = load(ENGLISH, targets=["mood"])
    rows = [{**row, "split": ("train", "dev", "test")[n % 3]} for n, row in enumerate(ENGLISH)]
    split = load(rows, targets=["mood"])
    assert [table.folds > 1 for table in few.tables.values()] == [True]
    assert speeds.testing_seconds(few) == 0.0
    assert speeds.testing_seconds(split) == pytest.approx(1.5 * 20 / 400)
