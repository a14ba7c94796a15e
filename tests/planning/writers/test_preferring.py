from __future__ import annotations

import pytest

from polytask.planning.budget import parse
from polytask.planning.checks import check_text
from polytask.planning.interpreter import run
from polytask.planning.writers.preferring import MOST, with_preference
from polytask.planning.writers.proposing import with_drafts
from polytask.planning.writers.rules import write

SMALL, LARGE = "TfidfLinear()", "FineTune(epochs=6, embeddings=True)"


def plan_of(found, prefer="small", bound=0.0, encoders=("text", "image"), drafts=False):
    text = write(found, budget=parse("5m"), encoders=encoders)
    text = with_drafts(text) if drafts else text
    tasks = [found[name] for name in found]
    return with_preference(text, tasks, prefer=prefer, bound=bound, margin=0.01)


@pytest.fixture
def two(task, profile):
    return profile(task("a", "one", rows=9000), task("b", "one", rows=9000))


@pytest.fixture
def play(tmp_path, vocabulary, journal_of):
    def play(found, operations, prefer="small", bound=0.0, **more):
        text = plan_of(found, prefer, bound, **more)
        path = tmp_path / "plan.py"
        path.write_text(text)
        with journal_of(text) as journal:
            outcome = run(path, operations, journal, vocabulary=vocabulary)
        assert outcome.status == "finished", outcome.message
        return delivered(operations)

    return play


def delivered(operations):
    return next(item[1] for item in operations.log if item[0] == "combine")


def dev_of(linear, probe, tuned, joint):
    """Dev of a candidate by the kind of its recipe; each a value, or one by task."""

    def dev(tasks, recipe):
        kinds = {"TfidfLinear": linear, "Probe": probe}
        value = kinds.get(recipe.partition("(")[0], joint if len(tasks) > 1 else tuned)
        return {t: value[t] if isinstance(value, dict) else value for t in tasks}

    return dev


@pytest.mark.parametrize("drafts", [False, True])
@pytest.mark.parametrize("encoders", [("text", "image"), ()])
@pytest.mark.parametrize(("prefer", "bound"), [("small", 0.0), ("fast", 0.0), ("accurate", 20.0)])
def test_the_plan_passes_the_check(two, vocabulary, prefer, bound, encoders, drafts):
    text = plan_of(two, prefer, bound, encoders, drafts)
    check_text(text, vocabulary)
    assert max(map(len, text.splitlines())) <= 100
    assert text.count("combine(parts, controls") == text.count("front=weighing") == 1
    assert text.count("pool.append(found)") == (2 if encoders else 1)
    if drafts:
        assert text.index("drafts: list") < text.index("told in drafts")
        assert text.index("keep_better(parts") < text.index("\ndecided = ")


def test_of_what_loses_nothing_that_counts_the_smallest_answers(play, recorder, two):
    operations = recorder(["a", "b"], dev=dev_of(0.895, 0.88, 0.9, 0.9))
    assert play(two, operations) == {"a": f"a:{SMALL}", "b": f"b:{SMALL}"}
    assert any(f"a: {SMALL} instead, for size; -0.005 on dev" in one for one in operations.said())


def test_a_task_that_would_lose_too_much_keeps_a_larger_part(play, recorder, two):
    linear = {"a": 0.895, "b": 0.7}
    operations = recorder(["a", "b"], dev=dev_of(linear, 0.894, 0.9, 0.9))
    chosen = play(two, operations)
    assert len(set(chosen.values())) == 1  # the encoder is there: a second part is no saving
    assert "a+b:" in chosen["b"]


def test_what_several_stand_on_counts_once(play, recorder, task, profile):
    three = profile(*[task(name, "one", rows=9000) for name in "abc"])
    operations = recorder("abc", dev=dev_of(0.5, 0.895, 0.9, 0.88))
    chosen = play(three, operations)  # three probes over one encoder, not three encoders
    assert chosen == {name: f"{name}:Probe()" for name in "abc"}


def test_where_few_rows_judge_any_loss_counts(play, recorder, task, profile):
    operations = recorder(["x"], dev=dev_of(0.895, 0.88, 0.9, 0.9))
    chosen = play(profile(task("x", rows=2000)), operations)  # 200 of them are dev
    assert chosen["x"].startswith("x:FineTune")


def test_the_fastest_of_what_loses_nothing_answers(play, recorder, two):
    operations = recorder(["a", "b"], dev=dev_of(0.5, 0.895, 0.9, 0.9))
    chosen = play(two, operations, prefer="fast")
    assert set(chosen.values()) == {"a:Probe()", "b:Probe()"}  # 6 ms; the joint part takes 7


def test_what_is_a_tenth_slower_at_most_counts_as_fast(play, recorder, two):
    operations = recorder(["a", "b"], dev=dev_of(0.5, 0.895, 0.9, 0.9))
    operations.spent = {"Probe": 6.5}
    chosen = play(two, operations, prefer="fast")
    assert len(set(chosen.values())) == 1  # the joint part
    assert "a+b:" in chosen["a"]


def test_a_bound_leaves_out_what_takes_longer(play, recorder, two):
    operations = recorder(["a", "b"], dev=dev_of(0.5, 0.85, 0.9, 0.8))
    chosen = play(two, operations, prefer="accurate", bound=7.5)
    assert chosen == {"a": "a:Probe()", "b": "b:Probe()"}  # two trained encoders take 14
    assert any("within 7.5 ms loses on dev" in one for one in operations.said())


def test_what_fits_stays_as_dev_alone_decided(play, recorder, two):
    operations = recorder(["a", "b"], dev=dev_of(0.5, 0.85, 0.9, 0.8))
    chosen = play(two, operations, prefer="accurate", bound=20.0)
    assert all(part.partition(":")[2].startswith("FineTune") for part in chosen.values())
    assert not any("instead" in one for one in operations.said())


def test_where_nothing_fits_the_fastest_is_taken_and_that_is_said(play, recorder, two):
    operations = recorder(["a", "b"], dev=dev_of(0.5, 0.85, 0.9, 0.9))
    assert play(two, operations, prefer="small", bound=0.25) == {
        "a": f"a:{SMALL}",
        "b": f"b:{SMALL}",
    }
    assert any("No choice of parts answers one row within 0.25 ms" in s for s in operations.said())


def test_the_report_is_told_of_the_front(play, recorder, two):
    operations = recorder(["a", "b"], dev=dev_of(0.7, 0.88, 0.9, 0.895))
    chosen = play(two, operations)
    front = operations.front
    assert (front["prefer"], front["bound"]) == ("small", 0)
    assert chosen in front["choices"]
    assert {"a": f"a:{SMALL}", "b": f"b:{SMALL}"} in front["choices"]  # what more loss would buy
    assert 3 <= len(front["choices"]) <= MOST + 2
    assert len({str(one) for one in front["choices"]}) == len(front["choices"])


def test_what_there_was_no_time_to_measure_is_left_out(play, recorder, two):
    operations = recorder(["a", "b"], dev=dev_of(0.7, 0.895, 0.9, 0.9))
    operations.unmeasured = ("FineTune",)
    assert play(two, operations) == {"a": "a:Probe()", "b": "b:Probe()"}


def test_where_nothing_was_measured_dev_alone_decides_and_that_is_said(play, recorder, two):
    operations = recorder(["a", "b"], dev=dev_of(0.895, 0.88, 0.9, 0.8))
    operations.unmeasured = ("FineTune", "Probe", "TfidfLinear")
    assert all(":FineTune" in part for part in play(two, operations).values())
    assert any("No time to weigh" in one for one in operations.said())
    assert operations.front["choices"] == []


def test_nothing_shared_is_weighed_as_well(play, recorder, task, profile):
    operations = recorder(["x"], dev=dev_of(0.895, 0.88, 0.9, 0.9))
    assert play(profile(task("x", rows=9000)), operations) == {"x": f"x:{SMALL}"}


def test_errors_count_in_standard_deviations(play, recorder, task, profile):
    price = task("p", "h", kind="regression", metric="mae", target_sd=10.0, classes=0, rows=9000)
    near = recorder(["p"], dev=dev_of(5.05, 6.0, 5.0, 5.0))
    assert play(profile(price), near) == {"p": f"p:{SMALL}"}


def test_what_the_search_at_the_end_finds_is_weighed_too(play, recorder, two):
    def dev(tasks, recipe):
        if recipe.startswith("FineTune(epochs=8"):
            return dict.fromkeys(tasks, 0.95)
        return dev_of(0.895, 0.88, 0.9, 0.8)(tasks, recipe)

    operations = recorder(["a", "b"], dev=dev)
    operations.drawn = ["0.0006", "0.0007"]
    chosen = play(two, operations, prefer="accurate", bound=50.0)
    assert all(part.partition(":")[2].startswith("FineTune(epochs=8") for part in chosen.values())


def test_costs_are_facts_of_the_journal(two, recorder, tmp_path, vocabulary, journal_of):
    text = plan_of(two, "fast")
    path = tmp_path / "plan.py"
    path.write_text(text)
    first = recorder(["a", "b"], dev=dev_of(0.5, 0.895, 0.9, 0.9))
    with journal_of(text) as journal:
        run(path, first, journal, vocabulary=vocabulary)
    again = recorder(["a", "b"], dev=dev_of(0.5, 0.895, 0.9, 0.9))
    again.spent = {"Probe": 60.0}  # another clock: it is not asked
    with journal_of(text) as journal:
        run(path, again, journal, vocabulary=vocabulary)
        assert [c.operation for c in journal.calls()].count("cost") > 3
    assert not any(item[0] == "cost" for item in again.log)
