"""The server over real standard input and output, driven by the client of the protocol's SDK."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys

import pytest

mcp = pytest.importorskip("mcp")

PLAN = """from polytask.plan import TfidfLinear, combine, finish, tasks, train
t = tasks("tasks.yaml")
parts = {task: train([task], TfidfLinear())["part"] for task in t}
finish(combine(parts, parts))
"""
NAMES = ["check", "plan", "run", "follow", "read", "predict", "operations"]


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    folder.mkdir()
    rows = [{"text": f"{w} day {i}", "mood": w} for i in range(20) for w in ("good", "bad")]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "tasks.yaml").write_text("tasks: {mood: {data: rows.jsonl, target: mood}}\n")
    return folder


def _drive(root, talk, *options):
    """Start a server for `root`, and let `talk(call)` speak with it."""

    async def go():
        server = mcp.StdioServerParameters(
            command=sys.executable,
            args=["-m", "polytask", "mcp", "--root", str(root), *options],
            env=dict(os.environ),
        )
        async with mcp.Client(server) as client:
            tools = await client.list_tools()
            assert [tool.name for tool in tools.tools] == NAMES

            async def call(name, **arguments):
                answer = await client.call_tool(name, arguments)
                return answer.is_error, answer.content[0].text

            await talk(call)

    asyncio.run(go())


async def _good(call, name, **arguments):
    is_error, text = await call(name, **arguments)
    assert not is_error, text
    return text


async def _bad(call, pattern, name, **arguments):
    is_error, text = await call(name, **arguments)
    assert is_error, text
    assert re.search(pattern, text), text
    assert "Traceback" not in text
    return text


async def _ended(call, run):
    while True:
        found = json.loads(await _good(call, "follow", run=run))
        if found["state"] not in ("starting", "running"):
            return found
        await asyncio.sleep(0.5)


@pytest.mark.slow
def test_from_check_to_answers(root):
    async def talk(call):
        found = json.loads(await _good(call, "check", tasks="tasks.yaml"))
        assert found["tasks"]["mood"]["kind"] == "binary"
        assert "finish(" in await _good(call, "plan", tasks="tasks.yaml", budget="1m")
        assert "not run" in await _good(call, "check", tasks="tasks.yaml", plan=PLAN)
        assert "TfidfLinear" in await _good(call, "operations")
        started = json.loads(await _good(call, "run", tasks="tasks.yaml", budget="2m", plan=PLAN))
        await _bad(call, "One run at a time", "run", tasks="tasks.yaml")
        ended = await _ended(call, started["run"])
        assert ended["state"] == "finished", ended
        assert 0 < ended["seconds_left"] < 120
        assert ended["events"][-1] == {"event": "done"}
        assert await _good(call, "read", run=started["run"], what="plan") == PLAN
        assert "mood" in await _good(call, "read", run=started["run"])
        assert "delivered: mood" in await _good(call, "read", run=started["run"], what="tree")
        assert '"found"' in await _good(call, "read", run=started["run"], what="events")
        rows = [{"text": "good day", "secret": "zebra"}]
        text = await _good(call, "predict", run=started["run"], task="mood", rows=rows)
        assert json.loads(text)["answers"][0]["mood"] == "good"
        assert "zebra" not in text
        given = {"run": started["run"], "rows": "rows.jsonl"}
        await _bad(call, "no `out`", "predict", **given)
        text = await _good(call, "predict", **given, out="answers.csv")
        assert json.loads(text)["rows"] == 40
        await _bad(call, "Paths stay below", "predict", **given, out="../answers.csv")
        await _bad(call, "1 to 200 rows; found 0", "predict", run=started["run"], rows=[])
        await _bad(call, "no task 'mod'", "predict", run=started["run"], rows=rows, task="mod")

    _drive(root, talk)
    assert (root / "answers.csv").is_file()
    assert not list(root.glob(".rows-*"))


@pytest.mark.slow
def test_mistakes_are_answers_with_our_message(root):
    (root.parent / "secret.csv").write_text("text,mood\na,b\n")

    async def talk(call):
        await _bad(call, "Paths stay below the folder", "check", tasks="../secret.csv")
        await _bad(call, "Paths stay below the folder", "read", run="..")
        await _bad(call, "at most 1m here; found 2m", "run", tasks="tasks.yaml", budget="2m")
        await _bad(call, "no run folder", "follow", run="runs/none")
        wrong = PLAN.replace("tasks.yaml", "/etc/tasks.yaml")
        await _bad(call, "names the task file", "run", tasks="tasks.yaml", budget="1m", plan=wrong)
        forbidden = PLAN + 'open("/etc/passwd")\n'
        await _bad(call, "plan", "run", tasks="tasks.yaml", budget="1m", plan=forbidden)
        await _bad(call, "never calls finish", "check", tasks="tasks.yaml", plan=PLAN[:-31])
        await _bad(call, "goes with the task file", "check", tasks="rows.jsonl", plan=PLAN)
        await _bad(call, "what", "read", run="runs/none", what="everything")

    _drive(root, talk, "--max-budget", "1m")
    assert not list(root.glob("plan-*"))
    assert not (root / "runs").exists()


@pytest.mark.slow
def test_a_run_that_fails_says_why(root):
    async def talk(call):
        started = json.loads(await _good(call, "run", tasks="tasks.yaml", budget="3s"))
        ended = await _ended(call, started["run"])
        assert ended["state"] == "failed"
        assert "A budget of 3s is too small" in ended["error"]
        assert "Traceback" not in ended["error"]

    _drive(root, talk)


@pytest.mark.slow
def test_rows_are_shown_where_they_are_shared(root):
    rows = [{"text": f"{w} day {i}", "mood": w} for i in range(20) for w in ("good", "bad")]

    async def talk(call):
        found = json.loads(await _good(call, "check", tasks=rows))
        assert found["tasks"]["mood"]["n_train"] > 20

    _drive(root, talk, "--share-rows")
