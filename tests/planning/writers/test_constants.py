from polytask.planning.writers.constants import FEW, few, scale, sharing


def test_small_tasks_are_told_by_the_rows_that_judge_them(task):
    tasks = [task("a", rows=10 * FEW), task("b", rows=10 * FEW - 10), task("c", rows=9000, folds=5)]
    assert few(tasks) == ["b"]  # with folds all rows judge, not dev alone


def test_what_decides_on_sharing_is_whole_statements(task):
    known: dict[str, object] = {}
    exec("\n".join(sharing([task("a"), task("b", rows=900, folds=5)], 0.02, ["a", "c"])), known)
    assert (known["TOLERANCE"], known["FEW"], known["FOLDED"]) == (0.02, ["b"], ["b"])
    assert known["PROGRAMS"] == ["a"]
    assert known["ROWS"] == {"a": 5000, "b": 900}


def test_errors_are_turned_round_in_standard_deviations(task):
    price = task("price", kind="regression", metric="mae", target_sd=12.5)
    assert scale([task("a"), price]) == {"price": -12.5}
