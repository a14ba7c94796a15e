"""The sentence is true and short in every case."""

from dataclasses import replace

import pytest

from polytask.evaluation.report import (
    Control,
    Latency,
    ModelReport,
    PartReport,
    Report,
    TaskReport,
    Timing,
    sentence,
    with_sentences,
)
from polytask.evaluation.report.sentence import ratio, rounded, unit


def task(verdict="no worse", **more):
    base = {"n_test": 2000, "value": 0.9, "low": 0.88, "high": 0.92, "verdict": verdict}
    base["control"] = Control("Probe()", 0.9, 0.88, 0.92)
    return TaskReport("multiclass", "accuracy", **(base | more))


def model(*groups, size=100):
    parts = tuple(
        PartReport(str(i), "FineTune()", tuple(g), 10, size) for i, g in enumerate(groups)
    )
    return ModelReport(10 * len(parts), size * len(parts), parts)


def report(tasks, shared=None, controls=None, **more):
    groups = [list(tasks)] if shared is None else shared
    alone = model(*[[name] for name in tasks]) if controls is None else controls
    return Report(0, 60.0, tasks, model=model(*groups), controls=alone or None, **more)


def nine():
    verdicts = ["better"] * 3 + ["no worse"] * 4
    tasks = {f"t{i}": task(verdict) for i, verdict in enumerate(verdicts)}
    tasks["poem_sentiment"] = task("not decidable", n_test=104, rows_needed=1447)
    tasks["own"] = task("apart")
    return report(tasks, shared=[[n for n in tasks if n != "own"], ["own"]])


def test_the_sentence_of_nine_tasks():
    found = replace(nine(), timing=Timing(latency=Latency(3.0, 21.0)))
    assert sentence(found, speed=True) == (
        "9 tasks, 1 model of two parts: 4.5× smaller and 7× faster than nine; 3 tasks better, "
        "4 shown no worse, 1 kept apart; poem_sentiment cannot be decided with 104 test rows, "
        "about 1,450 more would."
    )


def test_the_stored_sentence_knows_no_clock():
    found = with_sentences(replace(nine(), timing=Timing(latency=Latency(3.0, 21.0))))
    assert "faster" not in found.sentence
    assert "4.5× smaller than nine" in found.sentence
    assert "7× faster" in found.timing.sentence
    slower = with_sentences(replace(nine(), timing=Timing(latency=Latency(30.0, 21.0))))
    assert slower.sentence == found.sentence
    assert "4.5× smaller but 1.4× slower than nine" in slower.timing.sentence


def test_a_model_larger_than_its_controls_is_called_larger():
    tasks = {"a": task(), "b": task()}
    found = report(tasks, controls=model(["a"], ["b"], size=20))
    assert sentence(found) == "2 tasks, 1 model: 2.5× larger than two; 2 tasks shown no worse."


def test_a_model_as_large_as_its_controls():
    tasks = {"a": task("better"), "b": task("worse")}
    found = report(tasks, controls=model(["a"], ["b"], size=51))
    assert sentence(found) == "2 tasks, 1 model: as large as two; 1 task better, 1 worse."


def test_one_task_states_its_value():
    assert sentence(report({"intent": task("apart")})) == (
        "1 task, 1 model: intent has accuracy 90.0 (88.0–92.0) on 2,000 test rows."
    )


def test_one_task_in_its_own_unit():
    one = task("apart", value=0.4123, low=0.4, high=0.43, higher_is_better=False)
    one = replace(one, metric="mae")
    assert "price has MAE 0.412 (0.400–0.430) on" in sentence(report({"price": one}))


def test_one_task_without_interval_or_value():
    bare = task("apart", low=None)
    assert "has accuracy 90.0 on 2,000 test rows." in sentence(report({"a": bare}))
    empty = task("", value=None, n_test=0)
    assert sentence(report({"a": empty})) == "1 task, 1 model: a has no value on 0 test rows."


def test_nothing_shared_claims_no_ratio():
    tasks = {name: task("apart") for name in "abc"}
    found = report(tasks, shared=[["a"], ["b"], ["c"]])
    assert sentence(found) == "3 tasks, nothing shared: each keeps a part of its own."


def test_help_is_said_where_the_helper_is_answered_by_another_part():
    tasks = {"a": task("better", learned_with=("b",)), "b": task("apart")}
    assert sentence(report(tasks, shared=[["a"], ["b"]])) == (
        "2 tasks, each keeps a part of its own, a helped by others; 1 task better, 1 kept apart."
    )
    alone = {"a": task("better", learned_with=("films", "plays"))}
    assert "on 2,000 test rows, helped by films and plays; 1 task better" in sentence(report(alone))


def test_controls_over_one_frozen_encoder_are_one_part():
    tasks = {name: task("apart") for name in "abc"}
    assert sentence(report(tasks)) == (
        "3 tasks, 1 model: 3× smaller than three; every answer is that of the task's own control."
    )


def test_patients_are_counted_rather_than_rows():
    mri = task("not decidable", folds=5, group="patient_id", groups=43, n_test=613, rows_needed=812)
    found = report({"mri": mri, "plane": task()})
    assert "mri cannot be decided with 43 patients, about 812 more rows would." in sentence(found)


def test_folds_say_that_rows_are_out_of_fold():
    assert unit(task(folds=5, n_test=892)) == "892 out-of-fold rows"
    assert unit(task(n_test=1)) == "1 test row"


def test_many_undecided_tasks_are_summed_up():
    tasks = {f"t{i}": task("not decidable", rows_needed=300 + 600 * i) for i in range(3)}
    assert sentence(report(tasks)) == (
        "3 tasks, 1 model: 3× smaller than three; 3 cannot be decided with their test rows, "
        "300 to 1,500 more rows would."
    )
    unknown = {name: replace(one, rows_needed=None) for name, one in tasks.items()}
    assert sentence(report(unknown)).endswith("3 cannot be decided with their test rows.")


def test_an_undecided_task_without_a_number_of_rows():
    found = report({"a": task("not decidable", n_test=9), "b": task()})
    assert sentence(found).endswith("; a cannot be decided with 9 test rows.")


def test_tasks_without_control_are_named_and_no_ratio_is_given():
    found = report({"a": task(), "b": task("", control=None)})
    assert sentence(found) == (
        "2 tasks, 1 model; 1 task shown no worse; no control could be afforded for b."
    )


def test_controls_of_other_tasks_give_no_ratio():
    tasks = {"a": task(), "b": task()}
    found = report(tasks, controls=model(["a"], ["b"], ["c"]))
    assert sentence(found) == "2 tasks, 1 model; 2 tasks shown no worse."


def test_no_controls_at_all():
    tasks = {name: task("", control=None) for name in "ab"}
    assert sentence(report(tasks, controls=False)) == (
        "2 tasks, 1 model; no controls could be afforded, so nothing is claimed about sharing."
    )


def test_failed_tasks_are_named():
    failed = TaskReport("binary", "auroc", status="failed", reason="one class in test")
    tasks = {"a": task(), "b": task(), "c": failed}
    assert sentence(report(tasks)) == (
        "2 of 3 tasks, 1 model: 3× smaller than three; 2 tasks shown no worse; c failed."
    )


def test_everything_failed():
    failed = TaskReport("binary", "auroc", status="failed", reason="one class in test")
    names = dict.fromkeys("abcde", failed)
    assert sentence(report(names)) == (
        "5 tasks, none could be evaluated: a, b, c and 2 more failed."
    )


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (10.0, 83.0, ("8.3", 1)),
        (30.0, 20.0, ("1.5", -1)),
        (100.0, 101.0, ("", 0)),
        (1.0, 12_345.0, ("12,345", 1)),
        (0.0, 5.0, ("", 0)),
        (None, 5.0, ("", 0)),
        (5.0, None, ("", 0)),
    ],
)
def test_ratios(ours, theirs, expected):
    assert ratio(ours, theirs) == expected


def test_needed_rows_are_rounded():
    assert [rounded(n) for n in (7, 999, 1447, 99_950)] == ["7", "999", "1,450", "100,000"]


def test_tasks_that_do_not_beat_a_constant_are_named():
    patients = {"folds": 3, "group": "patient", "groups": 43}
    flat = task("apart", low=0.65, floor=0.79, **patients)
    said = sentence(report({"ct": task(floor=0.5), "mri": flat}))
    assert said.endswith("; mri is not shown to beat a constant answer with 43 patients.")
    error = task("apart", low=1.0, high=1.4, floor=1.3, higher_is_better=False)
    assert "err is not shown to beat" in sentence(report({"ct": task(), "err": error}))
    many = {f"t{i}": task(low=0.4, floor=0.5) for i in range(3)}
    assert "3 are not shown to beat a constant answer" in sentence(report(many))
