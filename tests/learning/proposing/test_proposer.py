"""Groups are promised the mean over their tasks, tasks the mean over the others."""

from polytask.learning.proposing.known import Known
from polytask.learning.proposing.proposer import promise
from polytask.learning.proposing.step_affinity import StepAffinity

PULLS = {"a": {"b": 0.2, "c": -0.1}, "b": {"a": 0.4, "c": 0.0}, "c": {"a": -0.3, "b": 0.1}}


def test_a_task_gains_the_mean_over_the_others_with_the_best_of_their_reasons():
    gain = StepAffinity().gain("a", ["b", "c"], Known({}, affinity=PULLS))
    assert round(gain.score, 9) == 0.05
    assert gain.reason.startswith("a gradient step for b takes +40 %")


def test_a_group_is_promised_the_mean_over_all_its_ordered_pairs():
    gain = promise(StepAffinity(), ["a", "b", "c"], Known({}, affinity=PULLS))
    assert round(gain.score, 9) == round(sum(sum(v.values()) for v in PULLS.values()) / 6, 9)


def test_who_is_not_known_of_counts_nothing():
    known = Known({}, affinity=PULLS)
    assert StepAffinity().gain("a", ["b", "x"], known) == StepAffinity().gain("a", ["b"], known)
    assert promise(StepAffinity(), ["x", "y"], known) is None
