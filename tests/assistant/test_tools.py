"""The tools without the protocol: what leaves, and what stays."""

from __future__ import annotations

import json

import pytest

from polytask._errors import ConfigError
from polytask.assistant.limits import Limits
from polytask.assistant.tools import MOST_ROWS, Tools

ROWS = [{"text": f"{w} day {i}", "mood": w} for i in range(20) for w in ("good", "bad")]


@pytest.fixture
def tools(tmp_path):
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return Tools(Limits(tmp_path))


def test_rows_in_memory_are_checked(tools):
    text = tools.check(ROWS)
    assert json.loads(text)["tasks"]["mood"]["kind"] == "binary"
    assert "good day" not in text


def test_no_cell_is_told_where_rows_are_not_shared(tools, tmp_path):
    rows = [{"text": f"quokka {i}", "age": i if i != 7 else "wombat"} for i in range(120)]
    (tmp_path / "ages.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    task = "{data: ages.jsonl, input: text, target: age, kind: regression}"
    (tmp_path / "tasks.yaml").write_text(f"tasks: {{age: {task}}}\n")
    hidden = tools.check("tasks.yaml")
    assert "ages.jsonl:8 (…)" in hidden
    assert "quokka" not in hidden
    assert "wombat" not in hidden
    assert "wombat" in Tools(Limits(tmp_path, share_rows=True)).check("tasks.yaml")


def test_a_plan_of_data_without_a_task_file_is_text_alone(tools, tmp_path):
    before = sorted(tmp_path.iterdir())
    assert 'tasks("tasks.yaml")' in tools.plan("rows.jsonl", "1m")
    assert sorted(tmp_path.iterdir()) == before
    with pytest.raises(ConfigError, match="`tasks` is none"):
        tools.run("rows.jsonl", plan="finish()")
    assert sorted(tmp_path.iterdir()) == before


def test_too_many_rows_are_refused(tools):
    with pytest.raises(ConfigError, match=f"1 to {MOST_ROWS} rows; found {MOST_ROWS + 1}"):
        tools.predict("run", [{"text": "a"}] * (MOST_ROWS + 1))


class _Noted:
    """A background that notes what it is to start."""

    words = ()

    def check_free(self):
        return None

    def start(self, _folder, words, _root):
        self.words = words


def test_what_is_preferred_reaches_the_run(tools):
    noted = _Noted()
    Tools(tools.limits, noted).run("rows.jsonl", prefer="small", max_latency="20ms")
    assert noted.words[-4:] == ["--prefer", "small", "--max-latency", "20ms"]
    with pytest.raises(ConfigError, match="preference 'tiny'"):
        Tools(tools.limits, noted).run("rows.jsonl", prefer="tiny")


def test_operations_can_be_read_on(tools):
    from polytask.planning.stubs import reference
    from polytask.workflow.checking import VOCABULARY

    whole = reference(VOCABULARY)
    first = tools.operations().partition("\n[cut: ")[0]
    assert whole.startswith(first)
    assert tools.operations(len(whole) - 10) == whole[-10:]
