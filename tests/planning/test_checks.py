import pytest

from polytask._errors import PlanError
from polytask.planning.checks import LARGEST, check, check_text, read

GOOD = '''"""A plan."""
from polytask.plan import FineTune, combine, finish, tasks, train

t = tasks("tasks.yaml")
results = {task: train([task], FineTune(epochs=3)) for task in t}
handles = {task: result["part"] for task, result in results.items()}
finish(combine(handles, handles))
'''


def test_a_good_plan_passes(vocabulary, tmp_path):
    path = tmp_path / "plan.py"
    path.write_text(GOOD)
    check(path, vocabulary)


@pytest.mark.parametrize(
    ("code", "place", "message"),
    [
        ("from polytask.plan import trian\n", "1:27", "did you mean 'train'"),
        ("import numpy\n", "1:8", "a plan may import from polytask.plan"),
        (
            "x = 1\nimport os\n",
            "2:8",
            "plans cannot import os; a plan may import from polytask.plan",
        ),
        ("def f():\n    from sys import path\n", "2:10", "plans cannot import sys"),
        ("import math, pathlib\n", "1:14", "plans cannot import pathlib"),
        ("from polytask.plan import *\n", "1:1", "plans cannot import *; name what is imported"),
        ("from . import x\n", "1:6", "plans cannot import ."),
        ("x = '情'; import asyncio\n", "1:17", "plans cannot import asyncio"),
        ("from __future__ import annotations\n", "1:6", "remove the line"),
        ("x = 1\nx = = 2\n", "2:5", "Expected an expression"),
        ("x = 1\n\ndef f():\n    yield 1\n", "4:5", "plans cannot use yield"),
        ("class A(int):\n    pass\n", "1:1", "plans cannot use class inheritance"),
        ("x = train\n", "1:5", "from polytask.plan import train"),
        ("x = open('a')\n", "1:5", "a plan has no files"),
        ("from polytask.plan import train\ntrain(['a'])\n", "2:1", "`recipe`"),
        ("from polytask.plan import train\ntrain(['a'], 3)\n", "2:14", "Expected `str`"),
        ("from polytask.plan import train\ntrain(['a'], recip='x')\n", "2:14", "mean 'recipe'"),
        (
            "from polytask.plan import FineTune\nFineTune(epoch=3)\n",
            "2:10",
            "did you mean 'epochs'",
        ),
        ("from polytask.plan import FineTune\nFineTune(epochs='3')\n", "2:10", "Expected `int`"),
        (
            "from polytask.plan import train\nx = train(['a'], 'Probe()')['scores']\n",
            "2:29",
            'Unknown key "scores"',
        ),
        ("def f(n: int) -> str:\n    return n\n", "2:12", "expected `str`, found `int`"),
    ],
)
def test_faults_are_named_with_their_place_and_a_way_out(vocabulary, code, place, message):
    with pytest.raises(PlanError) as found:
        check_text(code, vocabulary, name="my/plan.py")
    assert f"my/plan.py:{place}: " in str(found.value)
    assert message in str(found.value)


def test_every_fault_is_told_with_its_line(vocabulary):
    code = "from polytask.plan import FineTune\nFineTune(a=1)\nx = 1\nFineTune(b=2)\n"
    with pytest.raises(PlanError) as found:
        check_text(code, vocabulary)
    assert "plan.py:2:10" in str(found.value)
    assert "plan.py:4:10" in str(found.value)
    assert "    FineTune(b=2)" in str(found.value)


@pytest.mark.parametrize(
    "code",
    [
        "import math, json, re, itertools, functools, collections, random, copy, datetime\n",
        "from collections.abc import Mapping\nfrom dataclasses import dataclass\n",
        "from typing import Any\nimport polytask.plan\n",
    ],
)
def test_modules_that_plans_may_import_pass(vocabulary, code):
    check_text(code, vocabulary)


def test_a_flood_of_faults_is_cut(vocabulary):
    with pytest.raises(PlanError, match="and 30 more"):
        check_text("".join(f"x{i} = missing{i}\n" for i in range(50)), vocabulary)


@pytest.mark.parametrize("code", ["while True:\n    pass\n", "1 / 0\n", "x = [0] * 10**12\n"])
def test_nothing_of_the_plan_runs(vocabulary, code):
    check_text(code, vocabulary)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b" \n\t\n", "empty"),
        (b"x = 1\ny = '\xff'\n", r"plan.py:2: .*UTF-8"),
        (b"#" * (LARGEST + 1), "at most"),
    ],
)
def test_files_that_are_no_plan_are_refused(tmp_path, data, message):
    (tmp_path / "plan.py").write_bytes(data)
    with pytest.raises(PlanError, match=message):
        read(tmp_path / "plan.py")


def test_missing_files_and_folders_are_refused(tmp_path):
    for path in (tmp_path / "missing.py", tmp_path):
        with pytest.raises(PlanError, match="cannot be read"):
            read(path)


def test_byte_order_marks_and_windows_lines_are_read(vocabulary, tmp_path):
    (tmp_path / "plan.py").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert read(tmp_path / "plan.py") == GOOD
    check(tmp_path / "plan.py", vocabulary)


def test_places_count_characters_not_bytes(vocabulary):
    with pytest.raises(PlanError, match=r"plan\.py:1:13: .*missing"):
        check_text('x = "情感分析", missing\n', vocabulary)
