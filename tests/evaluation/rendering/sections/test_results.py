"""The table of tasks."""

from dataclasses import replace

from polytask.evaluation.rendering.sections.results import section
from polytask.evaluation.report import Report


def test_a_row_a_task(nine):
    assert section(nine).count("<tr>") == 1 + len(nine.tasks)


def test_both_arms_state_their_passes(nine):
    drawn = section(nine)
    assert "shared by 7 tasks, 3 passes" in drawn
    assert "control: the same, 3 passes" in drawn
    intent = nine.tasks["intent"]
    other = replace(intent, control=replace(intent.control, recipe="Probe()", passes=1.0))
    drawn = section(replace(nine, tasks={"intent": replace(other, passes=None)}))
    assert "shared by 7 tasks<" in drawn
    assert "control: Probe, 1 pass<" in drawn


def test_what_a_part_learned_beside_its_task_is_stated(nine):
    assert "helped by" not in section(nine)
    intent = replace(nine.tasks["intent"], learned_with=("films", "<b>"))
    drawn = section(replace(nine, tasks={"intent": intent}))
    assert "helped by films, &lt;b&gt;<" in drawn


def test_seeds_are_stated_where_there_are_several(nine):
    assert "seeds" not in section(nine)
    intent = nine.tasks["intent"]
    more = replace(intent, seeds=3, control=replace(intent.control, seeds=2))
    drawn = section(replace(nine, tasks={"intent": more}))
    assert "shared by 7 tasks, 3 passes, 3 seeds<" in drawn
    assert "control: the same, 3 passes, 2 seeds<" in drawn


def test_folds_and_groups_are_named(medical):
    drawn = section(medical)
    assert "613 rows, 5 folds" in drawn
    assert "grouped by patient: 43" in drawn
    assert "Results on test rows" in drawn
    folded = {"mri": medical.tasks["mri"]}
    assert "Results, out of fold" in section(replace(medical, tasks=folded))


def test_no_tasks_no_table():
    assert section(Report(0, None, {})) is None
