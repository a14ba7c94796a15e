"""Data that is allowed but odd or large: it goes through the whole job."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys

import pytest

ODD = ["👍🏽", "שלום", "مرحبا", "\x07", "\u202e reversed", "w" * 10_000, "word " * 2_500]
ODD += ["'\"\\n{}[]", "<b>&amp;</b>", "𝕏", "\ufeff", "a\x00b", "line\nbreak\r\n", "=1+1", "，。"]
INPUT, TARGET = "my 'text', with\n\"quotes\"", "mood/of\nit: <x> # 1"
TASK = "mood/of it: <x> # 1"  # a name is one line, so answers get their own column
LABELS = ["</script><script>alert(1)</script>", "good, really 👎"]

MEASURED = """
import resource, runpy, sys
sys.argv = ["polytask", "check", sys.argv[1]]
try:
    runpy.run_module("polytask", run_name="__main__")
except SystemExit as end:
    assert not end.code
print("PEAK", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


@pytest.mark.slow
def test_odd_names_and_texts_go_through_the_whole_job(polytask, write, tmp_path):
    rows = [{INPUT: f"{i % 2} {ODD[i % len(ODD)]} {i}", TARGET: LABELS[i % 2]} for i in range(90)]
    rows += [{INPUT: None, TARGET: LABELS[0]}, {INPUT: "  ", TARGET: LABELS[0]}]
    content = "".join(json.dumps(row) + "\n" for row in rows)
    path, run = write("odd rows.jsonl", content), tmp_path / "run 👍"
    polytask("check", path).succeeds("binary", "2 rows without a usable input were skipped")
    words = ("run", path, "--out", run, "--budget", "1m", "--threads", "1", "--quiet")
    polytask(*words).succeeds("binary · accuracy")
    polytask("check", run / "plan.py").succeeds()
    page = (run / "report.html").read_text("utf-8")
    assert "alert(1)" in page
    assert "<script>alert(1)" not in page
    polytask("predict", run, path, "--out", tmp_path / "answers.csv").succeeds()
    with (tmp_path / "answers.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert len(found) == 92
    assert [row[INPUT] for row in found[:90]] == [row[INPUT] for row in rows[:90]]
    assert {row[TASK] for row in found[:90]} <= set(LABELS)
    polytask("evaluate", run, path).succeeds("accuracy 90 ")


def check_in_memory(path) -> tuple[float, str]:
    """Peak memory in MiB of `polytask check` on a file, and what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "200"},
    )
    return float(done.stdout.split("PEAK")[1]), done.stdout


def large_csv(path, megabytes: int) -> None:
    block = "".join(
        f"row {{0}} {i} of a large table that goes on and on,{'good' if i % 3 else 'bad'}\n"
        for i in range(10_000)
    )
    with path.open("w", encoding="utf-8") as file:
        file.write("text,label\n")
        number = 0
        while file.tell() < megabytes * 10**6:
            file.write(block.replace("{0}", str(number)))
            number += 1


@pytest.mark.slow
@pytest.mark.parametrize("megabytes", [200, 2000])
def test_a_large_file_is_checked_in_little_memory(tmp_path, megabytes):
    large_csv(tmp_path / "large.csv", megabytes)
    peak, printed = check_in_memory(tmp_path / "large.csv")
    assert "binary" in printed
    assert peak < 1536
