"""`polytask knowledge`: lists what is remembered, and forgets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from polytask.knowledge import Candidate, Facts, Record, Store


@pytest.fixture
def kept(own_shell):
    """The memory of a shell, with two runs in it."""
    path = own_shell.environment["POLYTASK_HOME"]
    store = Store(Path(path) / "knowledge.jsonl")
    facts = Facts("binary", "accuracy", "text", "en", 1200, 2, 9.0)
    done = (Candidate("FineTune(epochs=9)", (0,), {0: 0.9}, 3.0),)
    for run in ("0a0a0a0a", "0b0b0b0b"):
        proposed = ("FineTune(epochs=9)",) if run == "0b0b0b0b" else ()
        name = f"run {run[:2]}"
        store.add(Record(run, name, "2026-11-30", "0.1.0", (facts,), done, (), proposed))
    return store


def test_runs_are_listed_and_forgotten(own_shell, kept):
    own_shell("knowledge").succeeds(
        "2 runs in .*knowledge.jsonl",
        "POLYTASK_KNOWLEDGE=off",  # as all tests have it
        "0b0b0b0b +run 0b +2026-11-30 +1 binary on text",
        r"FineTune\(epochs=9\): best of 1",
    )
    shown = json.loads(own_shell("knowledge", "--json").out)
    assert [one["run"] for one in shown["runs"]] == ["0a0a0a0a", "0b0b0b0b"]
    own_shell("knowledge", "--forget", "zz").refuses("No run 'zz' is remembered", "0a0a0a0a")
    own_shell("knowledge", "--forget", "run 0a").succeeds("forgot 1 run")
    own_shell("knowledge", "--forget", "all").succeeds("forgot 1 run")
    own_shell("knowledge").succeeds("0 runs in")
    assert kept.records() == []


def test_the_doctor_knows_its_size(own_shell, kept):
    sizes = json.loads(own_shell("doctor", "--json").out)["sizes"]
    assert sizes["knowledge"] == kept.bytes > 0


def test_damage_is_said(own_shell, kept):
    with kept.path.open("a", encoding="utf-8") as file:
        file.write("{")
    own_shell("knowledge").succeeds("1 damaged line")
