import pytest

from polytask.knowledge import Candidate, Record, propose

USUAL = {"Quick()", "Ladder()"}


def test_a_recipe_that_beat_the_usual_ones_on_similar_tasks_is_proposed(record, facts):
    runs = [
        record("0a", {"Quick()": [0.5], "Ladder()": [0.6], "New()": [0.64], "Worse()": [0.3]}),
        record("0b", {"Quick()": [0.5], "Ladder()": [0.7], "New()": [0.72]}),
    ]
    (found,) = propose([facts()], runs, USUAL)
    assert (found.recipe, found.best, found.asked) == ("New()", 2, 2)
    assert found.gain == pytest.approx(0.03)
    assert found.why.startswith("best on 2 of 2 similar tasks")


def test_what_a_plan_tries_anyway_is_not_proposed(record, facts):
    assert propose([facts()], [record("0a", {"Quick()": [0.5], "Ladder()": [0.9]})], USUAL) == []


def test_a_recipe_that_loses_on_the_mean_is_not_proposed(record, facts):
    runs = [
        record("0a", {"Ladder()": [0.60], "New()": [0.61]}),
        record("0b", {"Ladder()": [0.60], "New()": [0.40]}),
    ]
    assert propose([facts()], runs, USUAL) == []


@pytest.mark.parametrize(
    "other",
    [{"kind": "multiclass"}, {"modality": "image"}, {"rows": 50_000}, {"classes": 40}],
)
def test_tasks_that_are_not_alike_are_not_asked(record, facts, other):
    run = record("0a", {"Ladder()": [0.6], "New()": [0.7]}, facts(**other))
    assert propose([facts()], [run], USUAL) == []


def test_the_nearest_tasks_decide(record, facts):
    near = [record(f"0{n}", {"Ladder()": [0.6], "New()": [0.7]}) for n in range(5)]
    far = record("0f", {"Ladder()": [0.6], "Far()": [0.9]}, facts(rows=2500))
    assert [one.recipe for one in propose([facts()], [far, *near], USUAL)] == ["New()"]


def test_like_is_held_against_like(record, facts):
    """What company gains is no gain of a recipe."""
    run = record("0a", {"Ladder()": [0.6, 0.6]}, facts(), facts())
    joint = [
        Candidate(name, (0, 1), {0: dev}, 1.0) for name, dev in (("Ladder()", 0.9), ("New()", 0.8))
    ]
    run = Record(**{**vars(run), "candidates": (*run.candidates, *joint)})
    assert propose([facts()], [run], USUAL) == []
    alone = Candidate("New()", (0,), {0: 0.95}, 1.0)
    run = Record(**{**vars(run), "candidates": (*run.candidates, alone)})
    (found,) = propose([facts()], [run], USUAL)
    assert found.gain == pytest.approx((0.35 - 0.1) / 2)


def test_at_most_two_and_the_surest_first(record, facts):
    dev = {
        "Ladder()": [0.5] * 3,
        "A()": [0.6, 0.5, 0.5],
        "B()": [0.5, 0.8, 0.5],
        "C()": [0.5, 0.5, 0.7],
    }
    found = propose([facts()], [record("0a", dev, facts(), facts(), facts())], USUAL)
    assert [one.recipe for one in found] == ["B()", "C()"]


def test_runs_without_a_usual_recipe_say_nothing(record, facts):
    assert propose([facts()], [record("0a", {"New()": [0.9]})], USUAL) == []
