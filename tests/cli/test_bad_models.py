"""Runs, models, reports and new rows that are damaged, foreign, or do not fit."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def cut(pattern: str, keep: float = 0.5):
    """Cuts the files of a run that match, to a share of their bytes."""

    def change(run: Path) -> None:
        paths = list(run.rglob(pattern))
        assert paths
        for path in paths:
            path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])

    return change


def replace(pattern: str, content: str):
    def change(run: Path) -> None:
        for path in run.rglob(pattern):
            path.write_text(content, encoding="utf-8")

    return change


DAMAGED = {
    "weights cut to half": (cut("model/**/*.safetensors"), [r"weights\.safetensors: .*cut short"]),
    "weights without their end": (cut("model/**/*.safetensors", 0.99), ["cut short", "copy"]),
    "empty weights": (cut("model/**/*.safetensors", 0.0), [r"weights\.safetensors", "copy"]),
    "model.json cut": (cut("model.json"), [r"model\.json: not readable as JSON", "copy"]),
    "model.json of another program": (replace("model.json", "[]"), [r"model\.json"]),
    "vocabulary cut": (cut("model/**/vocabulary.json"), [r"vocabulary\.json: not readable"]),
    "newer part": (replace("part.json", '{"format": 99}'), ["format 99 is newer.*upgrade"]),
    "newer run": (replace("run.json", '{"format": 99}'), ["format 99", "use a newer polytask"]),
    "run.json cut": (cut("run.json"), [r"run\.json is damaged"]),
    "no model": (
        lambda run: shutil.rmtree(run / "model"),
        ["no model yet: `polytask run .*finish"],
    ),
    "no run": (lambda run: (run / "run.json").unlink(), ["no run folder", "polytask runs FOLDER"]),
}

ROWS = {
    "missing column": ("rows.csv", "texts,x\na,b\n", ["needs the column 'text'", "mean 'texts'"]),
    "empty": ("rows.csv", "", [r"rows\.csv is empty"]),
    "header only": ("rows.csv", "text,x\n", ["no rows"]),
    "no JSON": ("rows.jsonl", "a\nb\n", [r"rows\.jsonl:1 \(not a JSON object\)"]),
    "unknown format": ("rows.doc", "a", ["no format that is read"]),
}


@pytest.fixture
def run(finished, tmp_path):
    """A copy of a finished run."""
    return shutil.copytree(finished / "run", tmp_path / "run")


@pytest.mark.slow
@pytest.mark.parametrize("entry", DAMAGED)
def test_a_damaged_model_is_refused(polytask, finished, run, untouched, tmp_path, entry):
    change, patterns = DAMAGED[entry]
    change(run)
    untouched(tmp_path)
    out = tmp_path / "answers.csv"
    polytask("predict", run, finished / "rows.csv", "--out", out).refuses(*patterns)
    polytask("evaluate", run, finished / "rows.csv").refuses(*patterns)
    polytask("compare", run, finished / "run", finished / "rows.csv").refuses(*patterns)


@pytest.mark.parametrize("entry", ROWS)
def test_rows_that_do_not_fit_are_refused(polytask, finished, write, untouched, tmp_path, entry):
    name, content, patterns = ROWS[entry]
    rows = write(name, content)
    untouched(tmp_path)
    out = tmp_path / "answers.csv"
    polytask("predict", finished / "run", rows, "--out", out).refuses(*patterns)


def test_an_unknown_task_offers_the_nearest(polytask, finished):
    answer = polytask("predict", finished / "run", finished / "rows.csv", "--task", "moood")
    answer.refuses("no task 'moood': did you mean 'mood'")


@pytest.mark.parametrize(
    ("stdin", "patterns"),
    [
        ("", ["standard input holds no rows"]),
        ('{"text": "a"}\nnope\n', ["standard input, line 2: not JSON", "one object a line"]),
        ('{"text": "a"}\n[1]\n', ["standard input, line 2: no object"]),
        ('{"text": "caf\udce9"}\n', ["standard input, line 1: not UTF-8"]),
        ('{"txt": "a"}\n', ["needs the column 'text'.*did you mean 'txt'"]),
    ],
)
def test_standard_input_that_cannot_be_read_is_refused(polytask, finished, stdin, patterns):
    polytask("predict", finished / "run", stdin=stdin).refuses(*patterns)


def test_rows_without_labels_cannot_be_evaluated(polytask, finished, write):
    run = finished / "run"
    polytask("evaluate", run, write("a.csv", "text\na\n")).refuses("labels for no task.*mood: text")
    polytask("evaluate", run, write("b.csv", "text,mood\na,\nb,\n")).refuses("no row has both")
    answer = polytask("evaluate", run, write("c.csv", "text,score\na,high\nb,low\n"))
    answer.refuses(r"c\.csv:2, column 'score': 'high' is no number")


def test_models_that_share_no_task_cannot_be_compared(polytask, finished, write):
    rows = write("a.csv", "text,other\na,b\n")
    answer = polytask("compare", finished / "run", finished / "run", rows)
    answer.refuses("has labels for no task")
    answer = polytask("compare", finished / "run", finished / "run", rows, "--margin", "2")
    answer.refuses("`margin` lies above 0 and below 0.5")


def test_a_report_that_is_damaged_or_missing_is_refused(polytask, run):
    cut("report.json")(run)
    polytask("report", run).refuses(r"report\.json is not whole JSON", "run again")
    polytask("runs", run.parent).succeeds("report.json is not whole JSON")
    (run / "report.json").unlink()
    polytask("report", run).refuses("not finished: `polytask run .*goes on")


def test_a_run_of_another_place_is_no_run(polytask, tmp_path):
    polytask("report", tmp_path / "gone").refuses("no run folder")
    polytask("runs", tmp_path / "gone").refuses("is no folder")


ENCODERS = {
    "no weights": (
        ["config.json", "tokenizer.json"],
        ["lacks model.safetensors", "save_pretrained"],
    ),
    "empty": ([], ["lacks config.json and model.safetensors and tokenizer.json"]),
    "no tokenizer": (["config.json", "model.safetensors"], ["lacks tokenizer.json"]),
    "no kind": (
        ["config.json", "model.safetensors", "tokenizer.json"],
        [r"config\.json names no `model_type`"],
    ),
}


@pytest.mark.parametrize("entry", ENCODERS)
def test_an_encoder_folder_that_is_not_whole_is_refused(polytask, finished, write, tmp_path, entry):
    names, patterns = ENCODERS[entry]
    folder = write("encoder/readme.md", "").parent
    for name in names:
        write(f"encoder/{name}", "{}")
    words = ("run", finished / "rows.csv", "--out", tmp_path / "run", "--encoder", folder)
    polytask(*words).refuses(*patterns)
    assert not (tmp_path / "run").exists()


def test_unknown_weights_offer_the_nearest(polytask):
    polytask("weights", "get", "minilmm").refuses("weights 'minilmm': did you mean 'minilm'")
