from __future__ import annotations

import json

import pytest

from polytask.evaluation.decisions import fit_decisions
from polytask.evaluation.report.storing import from_json
from polytask.learning.model import Model
from polytask.workflow import scoring
from polytask.workflow.operations.deliver import deliver
from polytask.workflow.operations.train import train


def report_of(state, parts, controls):
    return from_json(deliver(state, parts, controls)["report"], place="here")


def test_the_model_is_saved_and_measured_against_its_controls(state):
    shared = train(state, ["topic", "mood"], "TfidfLinear()")["part"]
    controls = {name: train(state, [name], "Probe()")["part"] for name in ("topic", "mood")}
    report = report_of(state, dict.fromkeys(controls, shared), controls)
    model = Model.load(state.folder.model)
    assert set(model.tasks) == {"topic", "mood"}
    for task in report.tasks.values():
        assert (task.status, task.n_train, task.n_dev, task.n_test) == ("ok", 120, 40, 60)
        assert task.recipe == "TfidfLinear()"
        assert task.control is not None
        assert task.control.recipe == "Probe()"
        assert task.gain is not None
        assert task.gain.value == pytest.approx(task.value - task.control.value)
    assert report.model is not None
    assert report.controls is not None
    assert len(report.controls.parts) == 2  # one model a task, encoders and all
    assert report.timing.latency.model > 0
    assert report.joint[0].n_test == 60


def test_two_probes_over_one_frozen_encoder_become_one_part(state):
    parts = {name: train(state, [name], "Probe()")["part"] for name in ("topic", "mood")}
    report = report_of(state, parts, {})
    assert report.model is not None
    assert [part.tasks for part in report.model.parts] == [("topic", "mood")]


JOINT = "FineTune(epochs=1, learning_rate=1e-3)"


@pytest.mark.slow
@pytest.mark.parametrize(("helped", "helping"), [("topic", "mood"), ("mood", "topic")])
def test_a_task_may_help_another_and_keep_its_own_control(state, helped, helping):
    joint = train(state, ["topic", "mood"], JOINT)["part"]
    controls = {name: train(state, [name], "TfidfLinear()")["part"] for name in ("topic", "mood")}
    report = report_of(state, {helped: joint, helping: controls[helping]}, controls)
    assert report.tasks[helped].learned_with == (helping,)
    assert report.tasks[helped].gain is not None
    assert report.tasks[helping].learned_with == ()
    assert report.tasks[helping].verdict == "apart"
    assert report.model is not None
    assert {part.tasks for part in report.model.parts} == {(helped,), (helping,)}
    served = Model.load(state.folder.model)
    assert list(served.parts[served.routing[helped]].tasks) == [helped]  # the other head is gone
    both = report_of(state, dict.fromkeys(("topic", "mood"), joint), controls)
    assert both.tasks[helped].learned_with == ()


@pytest.mark.slow
def test_helpers_that_were_learned_before_the_task_are_told(make_state):
    state = make_state(source="helped.yaml")
    control = train(state, ["topic"], "Probe()")["part"]
    base = train(state, ["mood", "theme"], "FineTune(epochs=1)")
    assert base["dev"] == {}
    after = train(state, ["topic"], "Probe()", start=base["part"])["part"]
    report = report_of(state, {"topic": after}, {"topic": control})
    assert report.tasks["topic"].learned_with == ("mood", "theme")
    assert report.tasks["topic"].gain is not None
    assert [part.tasks for part in report.model.parts] == [("topic",)]


@pytest.mark.slow
def test_helpers_are_neither_served_nor_judged(make_state):
    state = make_state(source="helped.yaml")
    joint = train(state, ["topic", "mood", "far"], JOINT)["part"]
    control = train(state, ["topic"], JOINT)["part"]
    report = report_of(state, {"topic": joint}, {"topic": control})
    assert list(report.tasks) == ["topic"]
    assert report.tasks["topic"].learned_with == ("mood", "far")
    assert report.tasks["topic"].verdict
    model = Model.load(state.folder.model)
    (part,) = model.parts.values()
    assert list(model.tasks) == list(part.tasks) == ["topic"]
    assert report.model is not None
    assert report.controls is not None
    assert report.model.parameters == report.controls.parameters


def test_a_second_delivery_replaces_the_model(state):
    parts = {name: train(state, [name], "TfidfLinear()")["part"] for name in ("topic", "mood")}
    deliver(state, parts, parts)
    report = report_of(state, {"mood": parts["mood"]}, {})
    assert set(Model.load(state.folder.model).tasks) == set(report.tasks) == {"mood"}
    assert report.controls is None
    assert report.tasks["mood"].control is None


def test_a_task_kept_apart_is_its_own_control(state):
    part = train(state, ["mood"], "TfidfLinear()")["part"]
    task = report_of(state, {"mood": part}, {"mood": part}).tasks["mood"]
    assert (task.gain, task.verdict) == (None, "apart")


def test_folds_are_reported_out_of_fold(make_state):
    state = make_state(source="folded.yaml")
    part = train(state, ["topic"], "TfidfLinear()")["part"]
    task = report_of(state, {"topic": part}, {}).tasks["topic"]
    assert (task.folds, task.n_test) == (3, 120)


def test_with_folds_no_row_is_judged_by_decisions_fitted_on_it(make_state, monkeypatch):
    state = make_state(source="folded.yaml")
    part = train(state, ["topic"], "TfidfLinear()")["part"]
    fitted = []

    def counting(task, scores, truth):
        fitted.append(len(truth))
        return fit_decisions(task, scores, truth)

    monkeypatch.setattr("polytask.workflow.scoring.fit_decisions", counting)
    report_of(state, {"topic": part}, {})
    assert fitted == [120, 80, 80, 80]  # of the model, of each fold


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["served", "control"])
def test_a_task_that_cannot_be_answered_is_a_record(state, monkeypatch, broken):
    names = ["topic", "mood"]
    recipes = {"served": "TfidfLinear()", "control": "Probe()"}
    parts, controls = (
        {name: train(state, [name], recipe)["part"] for name in names}
        for recipe in recipes.values()
    )
    score_rows = scoring.score_rows

    def failing(part, rows, tasks):
        if tasks == ["mood"] and part.recipe == recipes[broken]:
            raise ValueError("odd rows")
        return score_rows(part, rows, tasks)

    monkeypatch.setattr(scoring, "score_rows", failing)
    report = report_of(state, parts, controls)
    assert list(report.tasks) == names
    assert report.tasks["topic"].verdict
    record = report.tasks["mood"]
    assert (record.status, record.reason) == ("failed", "ValueError: odd rows")
    assert report.joint == ()
    assert set(Model.load(state.folder.model).tasks) == set(names)


def test_a_task_without_test_rows_is_a_record(state, monkeypatch):
    part = train(state, ["topic"], "TfidfLinear()")["part"]
    monkeypatch.setattr(scoring, "score_rows", lambda *_: {})
    task = report_of(state, {"topic": part}, {}).tasks["topic"]
    assert (task.status, task.reason) == ("failed", "LookupError: there are no test rows")


JOINT = "FineTune(epochs=1, learning_rate=0.001, batch_size=16)"


@pytest.mark.slow
@pytest.mark.parametrize("source", ["tasks.yaml", "folded.yaml"])
def test_figures_are_over_all_seeds_and_the_model_is_of_the_first(make_state, source):
    state = make_state(source=source)
    names = list(state.taskset)
    parts = [train(state, names, JOINT, repeat)["part"] for repeat in (0, 1)]
    quick = {name: train(state, [name], "TfidfLinear()")["part"] for name in names}
    single = [report_of(state, dict.fromkeys(names, part), quick).tasks["topic"] for part in parts]
    report = from_json(
        deliver(state, dict.fromkeys(names, parts[0]), quick, {parts[0]: parts[1:]})["report"],
        place="here",
    )
    task = report.tasks["topic"]
    assert (report.repeats, task.seeds, task.control.seeds) == (2, 2, 1)
    assert task.value == pytest.approx((single[0].value + single[1].value) / 2)
    assert task.gain.value == pytest.approx((single[0].gain.value + single[1].gain.value) / 2)
    assert (task.metrics, task.part) == (single[0].metrics, parts[0])
    assert [part.name for part in report.model.parts] == [parts[0]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "splits"), [("tasks.yaml", ("train", "test")), ("folded.yaml", ("train",))]
)
@pytest.mark.parametrize("recipe", ["Probe()", JOINT])
def test_rows_cut_by_the_encoder_are_reported(make_state, tmp_path, source, splits, recipe):
    for split in splits:
        path = tmp_path / "job" / "data" / f"{split}.jsonl"
        first, *others = path.read_text(encoding="utf-8").splitlines()
        row = json.loads(first)
        long = json.dumps({**row, "text": f"{row['text']} " * 100})
        path.write_text("\n".join([long, *others]) + "\n", encoding="utf-8")
    for name in ("run", "again"):  # the second run takes the part from the memo
        state = make_state(name, source)
        parts = {"topic": train(state, ["topic"], recipe)["part"]}
        report = report_of(state, parts, {})
        assert report.tasks["topic"].truncated == len(splits)
        (finding,) = report.findings
        assert (finding.code, finding.where, finding.count) == ("truncated", "topic", len(splits))
        assert ", ".join(f"1 in {split}" for split in splits) in finding.message
        assert report.warnings[0].endswith(f"(rows by task: topic {len(splits)})")
