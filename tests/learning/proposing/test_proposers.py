"""What each proposer reckons, by hand."""

import math

import numpy as np
import pytest

from polytask._catalogue import parse
from polytask._errors import ConfigError
from polytask.learning.probing import Labelled
from polytask.learning.proposing import PROPOSERS
from polytask.learning.proposing.dataset_features import DatasetFeatures
from polytask.learning.proposing.feature_similarity import FeatureSimilarity, shares
from polytask.learning.proposing.gradient_angles import GradientAngles
from polytask.learning.proposing.known import Known
from polytask.learning.proposing.learning_curves import LearningCurves, forecast
from polytask.learning.proposing.probe_transfer import ProbeTransfer, explained
from polytask.tasks.task import Column, Task


def task(name, kind="binary", labels=("no", "yes"), metric="accuracy"):
    return Task(name, name, (Column("text"),), name, kind, metric, labels)


def sized(*rows, languages=None, **others):
    names = "abcd"[: len(rows)]
    tasks = {name: others.get(name, task(name)) for name in names}
    counts = dict(zip(names, rows, strict=True))
    return Known(tasks, rows=counts, languages=languages or {})


def test_a_larger_task_is_worth_more_up_to_four_times():
    scores = [DatasetFeatures().pair("a", "b", sized(100, n)).score for n in (25, 100, 200, 400)]
    assert scores == [0.0, 1.0, 1.5, 2.0]
    assert DatasetFeatures().pair("a", "b", sized(100, 9000)).score == 2.0


def test_another_kind_other_labels_and_another_language_are_worth_less():
    other = sized(9, 9, b=task("b", "multiclass", ("x", "y")))
    gain = DatasetFeatures().pair("a", "b", other)
    assert (gain.score, gain.reason) == (0.0, "b has 1.0 times the rows of a")
    labels = sized(9, 9, b=task("b", labels=("0", "1")))
    assert DatasetFeatures().pair("a", "b", labels).score == 0.5
    foreign = sized(9, 9, languages={"a": "en", "b": "zh"})
    assert DatasetFeatures().pair("a", "b", foreign).score == -1.0
    unknown = sized(9, 9, languages={"a": "en", "b": ""})
    assert DatasetFeatures().pair("a", "b", unknown).score == 1.0


def test_likeness_and_size_count_as_ranks_half_each():
    at = {"a": [[1.0, 0.0]], "b": [[1.0, 0.1]], "c": [[0.0, 1.0]]}
    held = {name: Labelled(np.array(rows), np.zeros(1), []) for name, rows in at.items()}
    known = Known({}, samples=held, rows={"a": 10, "b": 20, "c": 90})
    alike, far = (FeatureSimilarity().pair("a", other, known).score for other in "bc")
    # alike: above 4 of 6 pairs, half of 2; far: the least likely two. Sizes 10 10 20 20 90 90.
    assert alike == pytest.approx((5 / 6 + 3 / 6) / 2)
    assert far == pytest.approx((1 / 6 + 5 / 6) / 2)
    assert sum(shares({("a", "b"): 1.0, ("b", "a"): 1.0}).values()) == 1.0


def test_leep_by_hand():
    soft = np.array([[0.8, 0.2], [0.6, 0.4], [0.1, 0.9]])
    truth = np.array([0, 0, 1])
    joint = np.array([[1.4, 0.1], [0.6, 0.9]])  # (z, y), times 3
    given = joint / joint.sum(axis=1, keepdims=True)
    leep = np.mean([math.log(soft[i] @ given[:, y]) for i, y in enumerate(truth)])
    entropy = -(2 / 3 * math.log(2 / 3) + 1 / 3 * math.log(1 / 3))
    assert explained(soft, truth) == pytest.approx(1 + leep / entropy)
    assert explained(soft, np.array([0, 0, 0])) is None
    assert explained(soft, np.array([-1, 0, 1])) == explained(soft[1:], np.array([0, 1]))


def test_a_probe_for_the_same_labels_tells_more_than_one_for_others():
    chance = np.random.default_rng(0)
    at = {name: chance.normal(size=(200, 5)).astype(np.float32) for name in "abc"}
    held = {
        "a": Labelled(at["a"], (at["a"][:, 0] > 0).astype(int), []),
        "b": Labelled(at["b"], (at["b"][:, 0] > 0).astype(int), []),
        "c": Labelled(at["c"], (at["c"][:, 1] > 0).astype(int), []),
    }
    known = Known({name: task(name) for name in "abc"}, samples=held)
    same, other = (ProbeTransfer().pair("a", name, known).score for name in "bc")
    assert same > 0.25 > 0.05 > other >= 0.0


def test_numbers_are_taken_in_thirds_and_tags_say_nothing_of_whole_texts():
    line = np.linspace(-3, 3, 90, dtype=np.float32)[:, None]
    number = task("a", "regression", (), "mae")
    held = {"a": Labelled(line, line[:, 0], []), "b": Labelled(line, (line[:, 0] > 0) * 1, [])}
    known = Known({"a": number, "b": task("b")}, samples=held)
    assert ProbeTransfer().pair("a", "b", known).score > 0.2
    assert ProbeTransfer().pair("b", "a", known).score > 0.2
    tags = Known({"a": number, "b": task("b", "tagging")}, samples=held)
    assert ProbeTransfer().pair("a", "b", tags) is None
    constant = {**held, "a": Labelled(line, np.zeros(90), [])}
    assert ProbeTransfer().pair("a", "b", Known(known.tasks, samples=constant)) is None


def test_a_short_gradient_does_little_and_none_does_nothing():
    known = Known({}, norms={"a": 3.0, "b": 1.0}, cosines={"a": {"b": -0.4}})
    assert GradientAngles().pair("a", "b", known).score == pytest.approx(-0.1)
    assert GradientAngles().pair("b", "a", known).score == pytest.approx(-0.3)
    still = Known({}, norms={"a": 0.0, "b": 0.0}, cosines={"a": {"b": 0.0}})
    assert GradientAngles().pair("a", "b", still).score == 0.0


def test_a_curve_is_followed_as_it_was_made():
    power = [0.9 - 0.4 / t for t in range(1, 5)]
    assert forecast(power, 20) == pytest.approx(0.9 - 0.4 / 20, abs=1e-6)
    decay = [0.8 - 0.3 * 0.5**t for t in range(1, 5)]
    assert forecast(decay, 20) == pytest.approx(0.8, abs=1e-5)
    assert forecast([0.7, 0.5, 0.4], 6) == 0.7, "the best is kept"
    assert forecast([0.5, 0.6], 2) == pytest.approx(0.6), "an end that has been"


def test_curves_are_held_together_against_alone():
    curves = {("a",): [{"a": 0.5}, {"a": 0.6}], ("a", "b"): [{"a": 0.6}, {"a": 0.7}]}
    known = Known({"a": task("a"), "b": task("b")}, curves=curves, epochs=2)
    assert LearningCurves().gain("a", ["b"], known).score == pytest.approx(0.1)
    assert LearningCurves().gain("b", ["a"], known) is None, "nothing alone"
    assert LearningCurves(least=3).gain("a", ["b"], known) is None
    unit = Known({"a": task("a", "regression", (), "mae")}, curves=curves)
    assert LearningCurves().gain("a", ["b"], unit) is None


def test_wrong_values_are_refused():
    with pytest.raises(ConfigError, match="`least` is a whole number of at least 2; found 1"):
        PROPOSERS.build(parse("LearningCurves(least=1)"))
    with pytest.raises(ConfigError, match="did you mean 'ProbeTransfer'"):
        PROPOSERS.build(parse("ProbeTransfr()"))
