"""Files that clean and label rows of training: applied where they may be, refused where not."""

from __future__ import annotations

import json

import numpy as np
import pytest

from polytask._errors import CodeError, ConfigError, MissingError
from polytask.isolation import ways
from polytask.tasks import load, write_task_file

if not ways():
    pytest.skip("this machine has no way to shut code in", allow_module_level=True)

LABEL = """def main(inputs):
    assert all(set(row) == {"text"} for row in inputs["rows"])
    words = {"sun": "good", "rain": "bad"}
    found = [[words[w] for w in row["text"].split() if w in words] for row in inputs["rows"]]
    return {"labels": [one[0] if one else None for one in found]}
"""
CLEAN = """def main(inputs):
    return {"keep": ["noise" not in row["text"] for row in inputs["rows"]]}
"""


def rows(count, start=0):
    words = {"good": "sun", "bad": "rain"}
    found = []
    for number in range(start, start + count):
        mood = ("good", "bad")[number % 2]
        text = f"{words[mood]} number {number}" + (" noise" if number % 5 == 0 else "")
        found.append({"text": text, "mood": None if number % 4 == 3 else mood})
    return found


@pytest.fixture
def job(tmp_path):
    """Writes files and a task file; gives its path."""

    def made(steps, *, split=True, data=None, **files):
        sizes = (
            {"train": (60, 0), "dev": (30, 100), "test": (30, 200)} if split else {"all": (90, 0)}
        )
        for name, (count, start) in sizes.items():
            lines = map(json.dumps, data or rows(count, start))
            (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(text)
        told = "{train: train.jsonl, dev: dev.jsonl, test: test.jsonl}" if split else "all.jsonl"
        path = tmp_path / "tasks.yaml"
        path.write_text(
            f"tasks:\n  mood: {{data: {told}, input: text, target: mood, steps: {steps}}}"
        )
        return path

    return made


def split_of(taskset, split):
    """Texts and targets of the rows of a split, as they are learned from or judged."""
    table = taskset.tables[taskset["mood"].table]
    index = np.flatnonzero(table.final == split).tolist()
    frame = table.frame[index]
    return dict(zip(frame["text"].to_list(), frame["mood"].to_list(), strict=True))


def test_labels_are_learned_from_and_reach_no_row_that_judges(job):
    plain, given = load(job("{}")), load(job("{label: label.py}", label=LABEL))
    for split in ("dev", "test"):
        assert split_of(given, split) == split_of(plain, split)
        assert all(rows.inputs for rows in given.test(["mood"]).values())
    before, after = split_of(plain, "train"), split_of(given, "train")
    assert {text: label for text, label in after.items() if before[text]} == {
        text: label for text, label in before.items() if label
    }
    assert [label for text, label in after.items() if not before[text]] == ["bad"] * 15
    (told,) = [one for one in given.findings if one.code == "labelled"]
    assert told.message.startswith("label.py labelled 15 of 15 rows without a label for mood")


def test_labels_in_folds_are_never_judged_on(job):
    plain = load(job("{}", split=False))
    given = load(job("{label: label.py}", split=False, label=LABEL))
    assert given.folds(["mood"]) == plain.folds(["mood"]) == 5
    judged = [
        sum(len(one.test(["mood"], n)[one["mood"].table].labelled("mood")) for n in range(5))
        for one in (plain, given)
    ]
    assert judged == [68, 68]
    for number in range(5):
        learned = given.fold(["mood"], number).train[given["mood"].table]
        assert len(learned) > len(plain.fold(["mood"], number).train[plain["mood"].table])


@pytest.mark.slow
@pytest.mark.parametrize("split", [True, False])
def test_cleaning_takes_rows_from_training_alone(job, split):
    plain = load(job("{}", split=split))
    given = load(job("{clean: clean.py}", split=split, clean=CLEAN))
    table = given["mood"].table
    for number in range(given.folds(["mood"])):
        tests = [one.test(["mood"], number)[table].inputs for one in (given, plain)]
        folds = [one.fold(["mood"], number) for one in (given, plain)]
        assert tests[0] == tests[1]
        assert folds[0].dev[table].inputs == folds[1].dev[table].inputs
        kept, before = (fold.train[table].inputs.values["text"] for fold in folds)
        assert kept == [text for text in before if "noise" not in text]
        assert len(kept) < len(before)


def test_a_task_file_with_steps_is_written_and_read_back(job, tmp_path):
    taskset = load(job("{clean: clean.py, label: label.py}", clean=CLEAN, label=LABEL))
    write_task_file(taskset, tmp_path / "again.yaml")
    again = load(tmp_path / "again.yaml")
    assert again.origins["mood"].steps == taskset.origins["mood"].steps
    assert split_of(again, "train") == split_of(taskset, "train")
    assert again.stepped == taskset.stepped
    assert len(taskset.stepped) == 2


def test_what_came_of_a_step_is_kept_beside_it(job, tmp_path, monkeypatch):
    path = job("{label: label.py}", label=LABEL)
    taskset = load(path)
    (tmp_path / "results").mkdir()
    for key, found in taskset.stepped.items():
        (tmp_path / f"results/{key}.json").write_text(json.dumps(found))
    monkeypatch.setattr("polytask.isolation.enclosing.ways", lambda: ())
    assert split_of(load(path), "train") == split_of(taskset, "train")
    (tmp_path / "label.py").write_text(LABEL.replace("sun", "rain"))
    with pytest.raises(MissingError, match="apt install bubblewrap"):
        load(path)


WRONG = {
    "1 / 0": "(?s)label.py failed.*ZeroDivisionError",
    "[][0] if len(rows) > 5 else 0": "(?s)^The step `label`: label.py failed.*IndexError",
    "{} if [r for r in rows if 'number 31' not in r['text']] else 1 / 0": "main.inputs. returns",
    "return {'labels': ['good']}": "a value for each of 15 rows; found 1 values",
    "return {'labels': 'good'}": "found 'good'",
    "return {'other': 1}": "found None",
    "return {'labels': ['fine'] * len(rows)}": r"train\.jsonl:4: a known label or null; .*'fine'",
    "return {'labels': [['good']] * len(rows)}": "a known label or null",
    "open('/etc/hostname').read()": "(?s)(PermissionError|FileNotFoundError)",
    "import socket; socket.create_connection(('127.0.0.1', 9))": "(?s)PermissionError",
    "import os; os.fork()": "(?s)PermissionError",
    "import os; os.environ['POLYTASK_CANARY']": "(?s)KeyError",
    "import subprocess; subprocess.run(['ls'])": "(?s)(PermissionError|FileNotFoundError)",
    "import os; os.write(3, b'forged'); os._exit(0)": "what it returned cannot be read",
    "import os; os.kill(os.getppid(), 9)": "(?s)(PermissionError|ProcessLookupError)",
}


@pytest.mark.slow
@pytest.mark.parametrize("body", WRONG)
def test_a_step_that_fails_or_tries_to_get_out_is_an_error_of_the_user(job, monkeypatch, body):
    monkeypatch.setenv("POLYTASK_CANARY", "the canary")
    text = f"def main(inputs):\n    rows = inputs['rows']\n    {body}\n    return {{}}\n"
    with pytest.raises(CodeError, match=WRONG[body]) as found:
        load(job("{label: label.py}", label=text))
    assert "the canary" not in str(found.value)


@pytest.mark.slow
def test_the_row_for_which_a_step_fails_alone_is_named(job):
    text = LABEL.replace(
        "words = {", "[1 / ('31' not in r['text']) for r in inputs['rows']]\n    words = {"
    )
    with pytest.raises(CodeError, match=r"The step `label` \(alone, too, for .*train\.jsonl:32\)"):
        load(job("{label: label.py}", label=text))


@pytest.mark.slow
def test_a_step_has_limits(job, monkeypatch):
    with pytest.raises(CodeError, match=r"train\.jsonl:1: true or false; found 1"):
        load(job("{clean: clean.py}", clean="def main(inputs):\n    return {'keep': [1] * 45}\n"))
    monkeypatch.setattr("polytask.tasks.steps._SECONDS", 2.0)
    with pytest.raises(CodeError, match="stopped after 2 seconds"):
        load(job("{clean: clean.py}", clean="def main(inputs):\n    while True: pass\n"))


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ("{tidy: tidy.py}", "unknown step 'tidy'"),
        ("clean.py", "`steps` takes Python files"),
        ("{clean: [a.py]}", "`steps` takes Python files"),
        ('{loss: ""}', "`steps` takes Python files"),
    ],
)
def test_steps_that_are_none_are_refused(job, steps, told):
    with pytest.raises(ConfigError, match=told):
        load(job(steps))


def test_a_step_that_is_not_there_is_refused(job):
    with pytest.raises(CodeError, match=r"The step `label`: .*label\.py cannot be read.*relative"):
        load(job("{label: label.py}"))


def test_helpers_and_lists_of_labels_have_no_steps(job):
    path = job("{}", label=LABEL)
    text = path.read_text()
    helper = "{data: train.jsonl, input: text, target: mood, steps: {label: label.py}}"
    path.write_text(f"{text}\nhelpers:\n  more: {helper}\n")
    with pytest.raises(ConfigError, match="helper 'more': `steps` are for tasks"):
        load(path)
    data = [{"text": f"a{n} b", "mood": ["x", "y"][: n % 3] or None} for n in range(60)]
    path = job("{label: label.py}", data=data)
    path.write_text(path.read_text().replace("target: mood", "target: mood, kind: multilabel"))
    with pytest.raises(ConfigError, match="this is a multilabel task"):
        load(path)


def test_numbers_are_labels_of_a_regression(job):
    data = [{"text": f"n {n}", "mood": None if n % 4 == 3 else n * 1.5} for n in range(60)]
    label = "def main(inputs):\n    return {'labels': [VALUE for r in inputs['rows']]}\n"
    told = "float(r['text'][2:])"
    steps, files = "{label: label.py}", {"split": False, "data": data}
    given = load(job(steps, label=label.replace("VALUE", told), **files))
    assert split_of(given, "train")["n 3"] == 3.0
    with pytest.raises(CodeError, match="a number or null; found 'x'"):
        load(job(steps, label=label.replace("VALUE", "'x'"), **files))
    with pytest.raises(CodeError, match=r"label\.py: .*a number of float64 or null"):
        load(job(steps, label=label.replace("VALUE", "10**400"), **files))
