"""Programs follow the tasks that they call: measured anew, or these stay as they were."""

from __future__ import annotations

import json

import pytest

import polytask
from polytask._errors import ConfigError
from polytask.workflow import growing, trying
from polytask.workflow.folder import RunFolder
from polytask.workflow.following import called, callers, programs_of
from polytask.workflow.updating import update


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path):
    """Only linear models are tried."""
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(trying, "QUICK", {"text": ("TfidfLinear()",)})


@pytest.fixture(scope="module")
def old(tmp_path_factory, make_program_job, make_rows):
    """A run of two tasks and two programs that call them, on few rows."""
    folder = make_program_job(tmp_path_factory.mktemp("programs") / "job")
    for split, count in (("train", 24), ("dev", 160)):
        rows = _labelled(make_rows(count, seed=11 + count))
        (folder / f"{split}.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLYTASK_HOME", str(folder / "home"))
        return polytask.run(folder / "plan.py", out=folder / "run", threads=1, dtype="float32")


def _labelled(rows):
    for row in rows:
        row["queue"] = "person" if row["mood"] == "bad" else row["topic"]
        row["escalate"] = "yes" if row["queue"] == "person" else "no"
    return rows


def _only(rows, *columns):
    return [{name: row[name] for name in columns} for row in rows]


@pytest.mark.slow
def test_a_program_is_measured_anew_when_a_task_it_calls_changes(old, make_rows, tmp_path):
    rows = _labelled(make_rows(300, seed=12))
    new = update(old.path, rows, tasks=["mood"], out=tmp_path / "new")
    before, now = old.report.tasks, new.report.tasks
    assert now["mood"].verdict == "better"
    assert now["topic"] == before["topic"]  # not learned, and calls nothing
    for name in ("triage", "escalate"):
        assert now[name].verdict == "better"
        assert now[name].control.recipe == f"in use: {before[name].recipe}"
        assert now[name].control.value == pytest.approx(before[name].value)
        assert now[name].value > before[name].value + 0.05
        assert now[name].part != before[name].part
    told = [line for line in new.report.said if line.startswith("triage: its program asks mood")]
    assert len(told) == 1
    assert "better than the model in use on dev" in told[0]
    # what is reported is what is delivered
    model = polytask.load(new.path)
    test = [json.loads(line) for line in (old.path.parent / "test.jsonl").read_text().splitlines()]
    given = model.answer(_only(test, "text"), ["escalate"])
    right = sum(a["escalate"] == row["escalate"] for a, row in zip(given, test, strict=True))
    assert right / len(test) == pytest.approx(now["escalate"].value)


@pytest.mark.slow
def test_what_a_program_would_lose_by_stays_as_it_was(old, make_rows, tmp_path, monkeypatch):
    real = growing.hold

    def turned(state, found, standing):
        """`escalate` is judged the other way about."""
        if "escalate" in found:
            return real(state, {t: standing[t] for t in found}, found)
        return real(state, found, standing)

    monkeypatch.setattr(growing, "hold", turned)
    kept = update(old.path, _labelled(make_rows(300, seed=12)), out=tmp_path / "kept")
    learned = [line for line in kept.report.said if "more rows to learn from" in line]
    assert [line.split(":")[0] for line in learned] == ["topic", "mood"]  # not the programs
    assert kept.report.tasks == old.report.tasks
    assert "not changed, for the program of escalate asks" in kept.report.said[-1]
    before, after = RunFolder(old.path).model, RunFolder(kept.path).model
    assert (before / "model.json").read_bytes() == (after / "model.json").read_bytes()
    with pytest.raises(ConfigError, match=r"'triage' is answered by a program.*topic, mood"):
        update(old.path, make_rows(60), tasks=["triage"], out=tmp_path / "x")
    assert list(programs_of(old.model)) == ["triage", "escalate"]
    assert called(old.model, "escalate") == {"triage", "mood", "topic"}
    assert called(old.model, "mood") == set()
    assert [task for task, _ in callers(old.model, ["topic"])] == ["triage", "escalate"]
    assert list(callers(old.model, ["other"])) == []
