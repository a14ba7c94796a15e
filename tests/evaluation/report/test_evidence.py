"""Promises and gains of groups, by hand."""

from dataclasses import replace

import pytest

from polytask.evaluation.report import (
    Candidate,
    Estimate,
    Evidence,
    Moved,
    Report,
    TaskReport,
    evidence,
)
from polytask.evaluation.report.evidence import gained, promised
from polytask.evaluation.report.storing import from_json, to_json

A, B, C = "intent", "slots", "score"
PULLS = {A: {B: 0.2, C: -0.1}, B: {A: 0.4, C: 0.0}, C: {A: -0.3, B: 0.1}}
# Means over the tasks of a group: A and B 0.3, A and C -0.2, B and C 0.05, all three 0.05.
GAINS = {(A, B, C): 0.01, (A, B): -0.02, (A, C): 0.03, (B, C): 0.02}


@pytest.fixture
def tried():
    """A report of a run that tried all four groups, all three tasks first."""
    tasks = {name: TaskReport("multiclass", "accuracy") for name in (A, B, C)}
    names = {group: f"FineTune() · {' + '.join(group)}" for group in GAINS}
    candidates = [Candidate(name, group, "FineTune()") for group, name in names.items()]
    moved = [
        Moved(names[group], dict.fromkeys(group, Estimate(gain, gain - 0.1, gain + 0.1)))
        for group, gain in GAINS.items()
    ]
    moved[0] = replace(moved[0], affinity=PULLS)
    moved[1] = replace(moved[1], affinity={A: {B: 9.0}, B: {A: 9.0}})  # a pair promises no group
    return Report(0, 300.0, tasks, candidates=tuple(candidates), moved=tuple(moved))


def test_groups_are_ranked_by_what_they_were_promised_and_held_against_gains(tried):
    found = evidence(tried)
    assert found.source == "FineTune() · intent + slots + score"
    assert [(one.rank, one.tasks) for one in found.groups] == [
        (1, (A, B)),
        (2, (A, B, C)),  # as the next, and tried before it
        (3, (B, C)),
        (4, (A, C)),
    ]
    assert found.groups[0].promised == {A: 0.4, B: 0.2}
    assert found.groups[1].promised == pytest.approx({A: 0.05, B: 0.15, C: -0.05})
    assert gained(found.groups[3]) == 0.03
    assert found.regret == pytest.approx({"1": 0.03 + 0.02, "3": 0.03 - 0.02})


def test_of_few_groups_no_regret_is_told_that_cannot_be_other_than_none(tried):
    found = evidence(replace(tried, moved=tried.moved[:3]))
    assert [one.tasks for one in found.groups] == [(A, B), (A, B, C), (A, C)]
    assert found.regret == pytest.approx({"1": 0.05})


def test_repeats_what_builds_on_parts_and_other_recipes_are_no_groups_of_the_ranking(tried):
    others = ({"repeat": 1}, {"builds_on": "taught slots"}, {"recipe": "FineTune(epochs=9)"})
    one, two, three, four = tried.candidates
    changed = [replace(c, **o) for c, o in zip((two, three, four), others, strict=True)]
    assert evidence(replace(tried, candidates=(one, *changed))) is None
    assert len(evidence(replace(tried, candidates=(one, two, *changed[1:]))).groups) == 2


def test_where_nothing_can_be_ranked_there_is_no_evidence(tried):
    assert evidence(replace(tried, moved=())) is None
    assert evidence(replace(tried, moved=tried.moved[1:])) is None, "two tasks make one group"
    uncompared = tuple(replace(one, gains={}) for one in tried.moved)
    assert evidence(replace(tried, moved=uncompared)) is None


def test_a_task_whose_metric_has_a_unit_is_not_added_to_points(tried):
    tasks = tried.tasks | {C: replace(tried.tasks[C], metric="mae")}
    found = evidence(replace(tried, tasks=tasks))
    assert [set(one.gains) for one in found.groups] == [{A, B}, {A, B}, {B}, {A}]


def test_of_the_largest_trainings_the_latest_promises(tried):
    later = replace(tried.moved[0], candidate="late", affinity={A: {B: 1.0}, B: {A: 1.0}, C: {}})
    late = Candidate("late", (A, B, C), "FineTune(epochs=6)")
    pair = Candidate("pair", (A, B), "FineTune(epochs=6)")
    both = (later, replace(tried.moved[1], candidate="pair"))
    found = evidence(
        replace(tried, moved=(*tried.moved, *both), candidates=(*tried.candidates, late, pair))
    )
    assert found.source == "late"
    assert [one.candidate for one in found.groups] == ["pair", "late"]


def test_what_is_not_known_of_a_pair_promises_nothing():
    assert promised({A: {B: 1.0}}, [A, B, C]) == {A: 0.0, B: 0.5, C: 0.0}


PAIRS = {
    (A, B): {"ProbeTransfer": 0.1, "DatasetFeatures": 1.0},
    (A, C): {"ProbeTransfer": 0.9, "DatasetFeatures": 1.0},
    (B, C): {"ProbeTransfer": 0.5},
}
PROMISES = {tuple(sorted(pair)): scores for pair, scores in PAIRS.items()}


def test_each_proposer_is_held_against_the_gains_and_all_of_them_together(tried):
    found = evidence(tried, PROMISES)
    told = {one.tasks: one.predicted for one in found.groups}
    assert told[A, B]["ProbeTransfer"] == 0.1
    assert told[A, B, C]["ProbeTransfer"] == pytest.approx(0.5), "the mean over its pairs"
    assert "DatasetFeatures" not in told[A, B, C], "who does not know a pair knows no more"
    assert told[A, B]["StepAffinity"] == pytest.approx(0.3), "as it was while they were trained"
    # Places of A and B: 1 with probes, 0 with steps, 0.5 with the data.
    assert told[A, B]["planner"] == pytest.approx(1 - 0.5)
    ranked = {one.proposer: one for one in found.proposers}
    assert set(ranked) == {"StepAffinity", "ProbeTransfer", "DatasetFeatures", "planner"}
    probes = ranked["ProbeTransfer"]
    assert (probes.groups, probes.regret) == (4, {"1": 0.0, "3": 0.0})
    assert probes.correlation == pytest.approx(0.9487, abs=1e-4)
    steps = ranked["StepAffinity"]
    assert steps.regret == found.regret
    assert steps.correlation < 0
    assert ranked["DatasetFeatures"].groups == 2
    assert ranked["DatasetFeatures"].correlation is None


def test_a_group_that_was_told_of_keeps_its_own_score(tried):
    whole = {**PROMISES, tuple(sorted((A, B, C))): {"ProbeTransfer": 7.0}}
    told = {one.tasks: one.predicted for one in evidence(tried, whole).groups}
    assert told[A, B, C]["ProbeTransfer"] == 7.0


def test_without_other_promises_the_gradients_speak_alone(tried):
    found = evidence(tried)
    assert all(set(one.predicted) == {"StepAffinity"} for one in found.groups)
    (steps,) = found.proposers
    assert steps.regret == pytest.approx(found.regret)


def test_reports_of_before_are_read(tried):
    import json

    value = json.loads(to_json(replace(tried, evidence=evidence(tried, PROMISES))))
    del value["evidence"]["proposers"]
    for one in value["evidence"]["groups"]:
        del one["predicted"]
    found = from_json(json.dumps(value)).evidence
    assert found.proposers == ()
    assert found.groups[0].predicted == {}


def test_evidence_is_written_and_read(tried):
    report = replace(tried, evidence=evidence(tried))
    found = from_json(to_json(report)).evidence
    assert isinstance(found, Evidence)
    assert [one.rank for one in found.groups] == [1, 2, 3, 4]
    assert found.regret == pytest.approx({"1": 0.05, "3": 0.01})
