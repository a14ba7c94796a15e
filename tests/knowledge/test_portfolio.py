import pytest

from polytask.knowledge.portfolio import Cell, cells_of, held_out, mine, regret


def cells(table, seconds=None, test=None):
    """Cells of tasks; the set of a task is the letter before its number."""
    return [
        Cell(
            task[0],
            task,
            recipe,
            dev,
            (test or table)[task][recipe],
            (seconds or {}).get(recipe, 1.0),
        )
        for task, row in table.items()
        for recipe, dev in row.items()
    ]


THREE = {
    "a1": {"A()": 0.9, "B()": 0.5, "C()": 0.6},
    "b1": {"A()": 0.9, "B()": 0.5, "C()": 0.6},
    "c1": {"A()": 0.2, "B()": 0.8, "C()": 0.6},
}


def test_each_pick_adds_most_to_those_before():
    picks = mine(cells(THREE))
    assert [pick.recipe for pick in picks] == ["A()", "B()"]  # C() adds nothing to both
    assert picks[0].gain == pytest.approx((0.4 + 0.4 + 0.0) / 3, abs=1e-4)
    assert picks[1].gain == pytest.approx(0.6 / 3, abs=1e-4)


def test_what_is_tried_before_counts_no_more():
    assert [pick.recipe for pick in mine(cells(THREE), known=["A()", "C()"])] == ["B()"]
    assert mine(cells(THREE), known=["A()", "B()"]) == []
    assert mine([]) == []


def test_per_second_the_cheap_one_comes_first():
    found = mine(cells(THREE, {"A()": 100.0, "B()": 1.0}), per_second=True)
    assert [pick.recipe for pick in found] == ["B()", "C()", "A()"]


def test_regret_is_of_the_choice_on_dev():
    test = {**THREE, "a1": {"A()": 0.7, "B()": 0.5, "C()": 0.8}}
    found = [cell for cell in cells(THREE, test=test) if cell.group == "a"]
    assert regret(found, ["A()", "C()"]) == pytest.approx(0.1)  # dev says A(), test C()
    assert regret(found, ["C()"]) == 0
    assert regret(found, ["D()"]) == pytest.approx(0.3)  # nothing tried: the worst


def test_a_held_out_set_is_not_mined():
    assert held_out(cells(THREE), 1)["c"] == pytest.approx(0.6)  # a and b say A()
    assert held_out(cells(THREE), 1, known=["A()"]) == {"a": 0, "b": 0, "c": pytest.approx(0.6)}


def test_another_set_with_the_same_task_is_left_out_too():
    same = [
        Cell(group, f"{group} x", recipe, dev, dev, 1.0, "binary", "x")
        for group in ("d", "e")
        for recipe, dev in {"A()": 0.1, "B()": 0.9}.items()
    ]
    assert held_out(cells({"a1": THREE["a1"]}) + same, 1)["d"] == pytest.approx(0.8)


def line(**more):
    facts = {"modality": "text", "kind": "binary"}
    known = {"set": "s", "task": "t", "most": 9, "seed": 0, "recipe": "A()", "together": ["t"]}
    return {**known, "facts": facts, "sign": 1, "dev": 0.5, "test": 0.4, "seconds": 2.0, **more}


def test_lines_of_benchmarks_become_cells():
    lines = [
        line(),
        line(together=["t", "u"]),
        {k: v for k, v in line().items() if k != "dev"},
        line(facts={"modality": "image", "kind": "binary"}, set="i"),
        line(task="e", sign=-1, dev=2.0, test=1.0),
        line(task="e", sign=-1, dev=1.0, test=3.0, recipe="B()"),
    ]
    found = cells_of(lines)
    assert [(cell.group, cell.dev) for cell in found["image"]] == [("i", 0.5)]
    assert [(cell.recipe, cell.dev, cell.test) for cell in found["text"]] == [
        ("A()", 0.5, 0.4),
        ("A()", 0.0, 0.5),
        ("B()", 0.5, -0.5),
    ]
