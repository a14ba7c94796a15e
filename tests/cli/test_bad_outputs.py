"""Outputs that exist or cannot be written are refused before anything is made."""

from __future__ import annotations

import pytest

CSV = "text,label\n" + "".join(f"a film no {i},{'good' if i % 2 else 'bad'}\n" for i in range(60))


@pytest.fixture
def rows(write):
    return write("rows.csv", CSV)


@pytest.mark.slow
def test_a_run_is_not_written_over(polytask, finished, untouched):
    untouched(finished)
    answer = polytask("run", finished / "rows.csv", "--out", finished / "run")
    answer.refuses("holds a run already: `polytask run .*run` resumes it, another --out")


def test_a_run_goes_on_with_the_options_it_began_with(polytask, finished, untouched):
    untouched(finished)
    run = finished / "run"
    polytask("run", run, "--seed", 3).refuses("`seed` stays .* 0; found 3", "another --out")
    polytask("run", run, "--out", "other").refuses("goes on in its own folder, .*run", "other")
    polytask("run", run, "--budget", "1m").refuses("may only grow; it is 5m", "another --out")
    polytask("run", run, finished / "rows.csv").refuses("is a run folder", "`polytask run .*run`")
    polytask("run", run, "--seed", 0, "--budget", "5m", "--out", run).succeeds("mood")


def test_a_folder_with_files_is_not_a_place_for_a_run(polytask, rows, untouched, tmp_path):
    untouched(tmp_path)
    polytask("run", rows, "--out", rows.parent).refuses("not an empty folder", "another --out")
    polytask("run", rows, "--out", rows).refuses("not an empty folder", "another --out")


WRITTEN = {"init": "out.yaml", "plan": "out.py", "run": "out"}  # what each command writes


@pytest.mark.parametrize("command", ["init", "plan"])
def test_a_file_is_not_written_over(polytask, write, rows, untouched, tmp_path, command):
    old = write(WRITTEN[command], "mine")
    untouched(tmp_path)
    polytask(command, rows, "--out", old).refuses("exists and was not touched", "another --out")


def test_a_task_file_beside_a_plan_is_not_written_over(polytask, write, rows, untouched, tmp_path):
    write("tasks.yaml", "mine")
    untouched(tmp_path)
    polytask("plan", rows, "--out", rows.with_name("plan.py")).refuses("tasks.yaml exists and was")


@pytest.mark.parametrize("place", ["/proc", "{rows}", "{long}"])
@pytest.mark.parametrize("command", ["run", "init", "plan"])
def test_an_impossible_place_is_refused(polytask, rows, untouched, tmp_path, command, place):
    untouched(tmp_path)
    folder = place.format(rows=rows, long=tmp_path / ("x" * 300))
    polytask(command, rows, "--out", f"{folder}/{WRITTEN[command]}").refuses(
        "cannot be (written|looked at)", "--out|path"
    )


def test_a_folder_is_made_for_a_task_file(polytask, rows, tmp_path):
    polytask("init", rows, "--out", tmp_path / "new" / "tasks.yaml").succeeds("1 task →")
    polytask("check", tmp_path / "new" / "tasks.yaml").succeeds("label binary")


@pytest.mark.parametrize(
    ("name", "patterns"),
    [
        ("rows.csv", ["rows.csv exists and was not touched", "another --out"]),
        ("answers.xlsx", [r"written as \.csv, \.tsv, \.jsonl, \.parquet; found '\.xlsx'"]),
        ("gone/answers.csv", ["no folder '.*gone'", "make it"]),
    ],
)
def test_answers_need_a_free_place(polytask, finished, rows, untouched, name, patterns):
    untouched(rows.parent)
    out = rows.parent / name
    polytask("predict", finished / "run", rows, "--out", out).refuses(*patterns)


@pytest.mark.slow
def test_answers_are_not_written_where_nothing_can_be(polytask, finished, rows):
    answer = polytask("predict", finished / "run", rows, "--out", "/proc/answers.csv")
    answer.refuses(r"/proc/answers\.csv cannot be written", "another --out")
