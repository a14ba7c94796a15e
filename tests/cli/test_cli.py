"""The ordinary use of every command, from files to answers; light help; real exit codes."""

from __future__ import annotations

import gzip
import io
import json
import resource
import subprocess
import sys

import polars as pl
import pytest

CSV = "text,label\n" + "".join(f"a film no {i},{'good' if i % 2 else 'bad'}\n" for i in range(60))


@pytest.fixture
def rows(write):
    return write("rows.csv", CSV)


@pytest.fixture(scope="module")
def trained(polytask, make_job, tiny_encoder, tmp_path_factory):
    """A job and the answer of the command that ran it with a small random encoder."""
    job = make_job(tmp_path_factory.mktemp("trained") / "任务 job")
    words = ["run", job / "plan.py", "--out", job / "run", "--budget", "10m", "--threads", "1"]
    return job, polytask(*words, "--dtype", "float32", "--encoder", tiny_encoder)


def test_run_shows_what_it_does_and_ends_in_sentence_table_and_places(trained):
    job, answer = trained
    answer.succeeds("^2 tasks, ", "topic multiclass · accuracy|topic", f"model {job / 'run'}/model")
    for line in ("2 tasks: topic", "epoch 1/1", "TfidfLinear(): topic", "opening the test split"):
        assert line in answer.err
    assert not answer.torch  # it is the worker's


def test_run_reads_a_finished_run_again(polytask, trained):
    job, _ = trained
    again = polytask("run", job / "run", "--json")
    again.succeeds()
    assert json.loads(again.out) == json.loads((job / "run" / "report.json").read_text("utf-8"))
    quiet = polytask("run", job / "run", "--quiet")
    quiet.succeeds("^2 tasks, ")
    assert quiet.err == ""


def test_report_prints_the_table_again(polytask, trained):
    job, _ = trained
    polytask("report", job / "run").succeeds("^2 tasks, ", "mood", "report.html")


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_predict_keeps_other_columns_in_every_format(polytask, finished, tmp_path, suffix):
    out = tmp_path / f"answers.{suffix}"
    answer = polytask("predict", finished / "run", finished / "rows.csv", "--out", out)
    answer.succeeds()
    assert f"80 rows → {out}" in answer.err
    read = {"csv": pl.read_csv, "jsonl": pl.read_ndjson, "parquet": pl.read_parquet}
    found = pl.read_csv(out, separator="\t") if suffix == "tsv" else read[suffix](out)
    assert found.columns == [
        *("text", "mood", "score"),
        *("mood_answer", "mood_confidence", "mood_sure", "score_answer"),
    ]
    assert found["text"].to_list() == pl.read_csv(finished / "rows.csv")["text"].to_list()
    assert (found["mood"] == found["mood_answer"]).mean() > 0.9
    assert found["mood_confidence"].is_between(0, 1).all()
    assert not answer.torch  # the parts chosen are linear


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "jsonl", "parquet"])
def test_predict_reads_every_format_and_keeps_rows_without_an_answer(
    polytask, finished, write, suffix
):
    frame = pl.DataFrame({"id": ["a", "b", "c"], "text": ["a great film", None, "an awful film"]})
    path, out = write(f"new.{suffix}", b""), io.BytesIO()
    if suffix == "parquet":
        frame.write_parquet(path)
    else:
        frame.write_ndjson(out) if suffix == "jsonl" else frame.write_csv(out)
        data = out.getvalue()
        path.write_bytes(gzip.compress(data) if suffix == "csv.gz" else data)
    answer = polytask("predict", finished / "run", path, "--task", "mood", "--probabilities")
    answer.succeeds()
    found = [json.loads(line) for line in answer.out.splitlines()]
    assert [(row["id"], row["mood"]) for row in found] == [("a", "good"), ("b", None), ("c", "bad")]
    assert sum(json.loads(found[0]["mood_probabilities"]).values()) == pytest.approx(1, abs=1e-5)
    assert found[1]["mood_confidence"] is None
    assert "score" not in found[0]
    place = 3 if "csv" in suffix else 2
    assert f"1 rows have no answer for mood: {path}:{place} ('text' is empty)" in answer.err


def test_predict_answers_standard_input_with_values_of_every_type(polytask, finished):
    lines = [
        {"text": "a great film", "n": 1, "tags": ["x"], "odd": 1},
        {"text": "an awful film", "n": 2.5, "tags": [], "odd": [1]},
        {"text": 7, "n": None, "more": {"a": "é"}},
    ]
    stdin = "".join(json.dumps(line) + "\n\n" for line in lines)
    answer = polytask("predict", finished / "run", stdin=stdin)
    answer.succeeds()
    found = [json.loads(line) for line in answer.out.splitlines()]
    assert [row["mood"] for row in found[:2]] == ["good", "bad"]
    assert [row["n"] for row in found] == [1.0, 2.5, None]
    assert [row["tags"] for row in found] == [["x"], [], None]
    assert [row["odd"] for row in found] == ["1", "[1]", None]
    assert found[2]["more"] == '{"a": "é"}'


def test_predict_writes_columns_that_csv_cannot_hold_as_text(polytask, finished, write, tmp_path):
    path = write("new.parquet", b"")
    values = {"text": ["a great film"], "list": [[1.0, 2.0]], "raw": [b"abc"]}
    pl.DataFrame(values).write_parquet(path)
    polytask("predict", finished / "run", path, "--out", tmp_path / "a.csv").succeeds()
    found = pl.read_csv(tmp_path / "a.csv").row(0, named=True)
    assert (found["list"], found["raw"]) == ("[1.0, 2.0]", "<3 bytes>")


def test_predict_says_which_rows_could_not_be_read(polytask, finished, write):
    path = write("new.csv", "text,x\na great film,1\nragged\nan awful film,2\n")
    answer = polytask("predict", finished / "run", path)
    answer.succeeds("good.*bad")
    assert "new.csv:3 (1 field where the header has 2)" in answer.err


def test_evaluate_measures_other_rows(polytask, trained):
    job, _ = trained
    rows = job / "data" / "test.jsonl"
    polytask("evaluate", job / "run", rows).succeeds("topic accuracy 60 ", "mood accuracy 60 ")
    found = json.loads(polytask("evaluate", job / "run", rows, "--json").out)
    report = json.loads((job / "run" / "report.json").read_text("utf-8"))
    for name in ("topic", "mood"):
        assert found[name]["value"] == pytest.approx(report["tasks"][name]["value"])
        assert found[name]["low"] <= found[name]["value"] <= found[name]["high"]


def test_rows_that_are_not_measured_are_noted(polytask, trained, tmp_path):
    job, _ = trained
    lines = (job / "data" / "test.jsonl").read_text("utf-8").splitlines()
    rows = tmp_path / "rows.jsonl"
    rows.write_text("\n".join([*lines, "{"]) + "\n", encoding="utf-8")
    for words in (("evaluate", job / "run"), ("compare", job / "run", job / "run")):
        answer = polytask(*words, rows, "--json")
        assert answer.err.count("rows.jsonl:61") == 1
        assert answer.err.startswith("note: ")
        assert "rows.jsonl:61" in json.loads(answer.out)["mood"]["notes"][0]


def test_compare_holds_two_models_against_each_other(polytask, trained):
    job, _ = trained
    rows = job / "data" / "test.jsonl"
    polytask("compare", job / "run", job / "run", rows).succeeds("mood accuracy 60 .* \\+0.0 ")
    found = json.loads(polytask("compare", job / "run", job / "run", rows, "--json").out)
    assert found["topic"]["gain"]["value"] == 0.0
    assert found["topic"]["a"] == found["topic"]["b"]


def test_init_plan_and_check_lead_to_a_run(polytask, rows, tmp_path):
    folder = tmp_path / "new"
    polytask("init", rows, "--out", folder / "tasks.yaml").succeeds("1 task → .*: label")
    answer = polytask("plan", folder / "tasks.yaml", "-o", folder / "plan.py", "--budget", "1m")
    answer.succeeds("wrote .*plan.py", "polytask run .*plan.py --budget 1m")
    polytask("check", folder / "plan.py").succeeds("its types check and it calls finish; it was")
    polytask("check", folder / "tasks.yaml").succeeds("label binary accuracy")
    profile = json.loads(polytask("check", rows, "--json").out)
    assert profile["tasks"]["label"]["kind"] == "binary"
    run = ("run", folder / "plan.py", "--out", folder / "run", "--budget", "1m", "--threads", "1")
    last = polytask(*run, "--json")
    last.succeeds()
    assert json.loads(last.out)["tasks"]["label"]["status"] == "ok"
    assert not last.torch


def test_init_and_check_refuse_what_no_run_would_take(polytask, rows, tmp_path):
    polytask("init", rows, "--out", tmp_path / "t.txt").refuses(
        r"called \.yaml or \.yml; .*'\.txt'"
    )
    polytask("init", rows, "--out", tmp_path / "t.yaml", "--seed", -1).refuses("`seed` is between")
    polytask("check", rows, "--seed", -1).refuses("`seed` is between")
    assert not list(tmp_path.glob("t.*"))


def test_plan_names_its_next_step_so_that_it_can_be_pasted(polytask, rows, tmp_path):
    answer = polytask("plan", rows, "-o", tmp_path / "my plans" / "plan.py")
    answer.succeeds("polytask run '.*my plans/plan.py' --budget 5m")


def test_plan_writes_a_task_file_beside_it_where_there_is_none(polytask, rows, tmp_path):
    polytask("plan", rows, "-o", tmp_path / "p" / "plan.py").succeeds("wrote .*tasks.yaml")
    assert 'tasks("tasks.yaml")' in (tmp_path / "p" / "plan.py").read_text("utf-8")
    polytask("check", tmp_path / "p" / "plan.py").succeeds()


@pytest.mark.slow
def test_run_makes_numbered_folders_of_its_own(polytask, rows, tmp_path):
    words = ("run", rows, "--budget", "1m", "--threads", "1", "--quiet")
    polytask(*words, folder=tmp_path).succeeds()
    polytask(*words, folder=tmp_path).succeeds()
    assert sorted(path.name for path in (tmp_path / "runs").iterdir()) == ["rows-1", "rows-2"]
    polytask("runs", folder=tmp_path).succeeds("runs/rows-1 finished", "runs/rows-2 finished")


def test_doctor_weights_and_runs_say_what_is_here(polytask, tmp_path):
    polytask("doctor").succeeds(
        "polytask .* on Python", "weights minilm not here: polytask weights"
    )
    assert json.loads(polytask("doctor", "--json").out)["sizes"]["weights"] == 0
    polytask("weights", "list").succeeds("minilm", "e5", "mobilenet", "Apache-2.0")
    polytask("runs", tmp_path).succeeds("No runs here")
    polytask("runs", "--clean").succeeds("freed 0.0 MB")


@pytest.mark.parametrize(
    "words",
    [
        (),
        *[
            (name,)
            for name in (
                *("run", "check", "predict", "report", "init", "plan", "evaluate", "compare"),
                *("runs", "doctor", "weights"),
            )
        ],
    ],
)
def test_help_is_there_for_every_command(polytask, words):
    polytask(*words, "--help").succeeds("Usage: polytask", "--help")


def test_the_first_help_screen_begins_with_the_main_commands(polytask):
    shown = polytask("--help").out
    order = [shown.index(f"│ {name} ") for name in ("run", "check", "predict", "report", "init")]
    assert order == sorted(order)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code"), [(("check",), 0), (("check", "--target", "x"), 2), (("check", "--no"), 2)]
)
def test_a_shell_sees_the_exit_code_and_no_traceback(rows, words, code):
    done = subprocess.run(
        [sys.executable, "-m", "polytask", *words, str(rows)], capture_output=True, text=True
    )
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert bool(done.stderr) == bool(code)


@pytest.mark.slow
def test_a_reader_that_goes_away_is_no_error(finished):
    rows = "\n".join('{"text": "a great film"}' for _ in range(5000))
    command = f"{sys.executable} -m polytask predict {finished / 'run'} | head -1"
    done = subprocess.run(["bash", "-c", command], input=rows, capture_output=True, text=True)
    assert json.loads(done.stdout)["mood"] == "good"
    assert done.stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [["--help"], ["check", "ROWS", "--json"], ["weights", "list"], ["predict", "RUN"]]
)
def test_standard_output_that_is_full_is_refused(finished, rows, words):
    places = {"ROWS": str(rows), "RUN": str(finished / "run")}
    command = [sys.executable, "-m", "polytask", *(places.get(word, word) for word in words)]
    with open("/dev/full", "w") as full:  # noqa: PTH123  # a device, not a path of ours
        done = subprocess.run(
            command,
            input='{"text": "a great film"}\n',
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2
    assert "standard output cannot be written (No space left" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("code", ["import polytask", "import polytask.cli"])
def test_the_door_opens_within_the_time_of_typer(code):
    """At most 0.4 s of processor beyond what typer itself takes; the least of three runs."""
    assert min(cpu(code) for _ in range(3)) < min(cpu("import typer, rich") for _ in range(3)) + 0.4


def cpu(code: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
