from __future__ import annotations

import json
import sys

import pytest

from polytask._errors import MissingError
from polytask.learning.proposing import PROPOSERS
from polytask.workflow.operations.evidence import evidence
from polytask.workflow.operations.train import train

NAMES = ["topic", "mood", "theme"]
SHORT, LONG = "FineTune(epochs=2)", "FineTune(epochs=3)"
GRADIENTS = {"StepAffinity", "GradientAngles", "ProjectedGradients"}
FEATURES = {"FeatureSimilarity", "ProbeTransfer"}


def by_group(found):
    return {tuple(one["tasks"]): one for one in found}


@pytest.fixture
def trained(make_state):
    state = make_state(source="helped.yaml")
    return state, train(state, NAMES, LONG)["part"]


@pytest.mark.slow
def test_every_group_is_told_of_by_who_has_something_to_go_by(trained):
    state, part = trained
    found = evidence(state, NAMES, [part], 60.0)
    groups = by_group(found)
    assert set(groups) == {("topic", "mood"), ("topic", "theme"), ("mood", "theme"), tuple(NAMES)}
    for one in found:
        assert set(one["predicted"]) == {"DatasetFeatures", *FEATURES, *GRADIENTS}
        assert 0.0 <= one["place"] <= 1.0
        assert one["reason"]
    assert [one["place"] for one in found] == sorted(one["place"] for one in found)
    assert json.loads(json.dumps(found)) == found
    assert evidence(state, NAMES, [part], 60.0) == found
    whole = groups[tuple(NAMES)]["predicted"]
    for name, score in whole.items():
        pairs = [one["predicted"][name] for group, one in groups.items() if len(group) == 2]
        assert score == pytest.approx(sum(pairs) / 3, rel=1e-4, abs=1e-6), "as the report reckons"


@pytest.mark.slow
def test_without_the_time_for_features_the_rest_speaks(trained):
    state, part = trained
    for one in evidence(state, NAMES, [part], 1.0):
        assert set(one["predicted"]) == {"DatasetFeatures", *GRADIENTS}


def test_without_weights_and_parts_the_data_speak(make_state, monkeypatch):
    def missing(*_):
        raise MissingError("no weights")

    monkeypatch.setattr(sys.modules[evidence.__module__], "samples", missing)
    for one in evidence(make_state(source="helped.yaml"), NAMES, [], 60.0):
        assert set(one["predicted"]) == {"DatasetFeatures"}


@pytest.mark.slow
def test_curves_count_where_another_recipe_was_tried_together_and_alone(trained):
    state, part = trained
    short = [train(state, names, SHORT)["part"] for names in (NAMES, ["topic"])]
    whole = by_group(evidence(state, NAMES, [part, *short], 1.0))[tuple(NAMES)]
    assert "LearningCurves" in whole["predicted"], "helpers have no dev, the task has"
    pair = by_group(evidence(state, NAMES, [part, *short], 1.0))["topic", "mood"]
    assert "LearningCurves" not in pair["predicted"]
    own = by_group(evidence(state, NAMES, [short[0], *short], 1.0))[tuple(NAMES)]
    assert "LearningCurves" not in own["predicted"], "its own curve is no prediction"


def test_four_tasks_are_ranked_as_a_whole_too(make_state):
    found = evidence(make_state(source="helped.yaml"), [*NAMES, "far"], [], 60.0)
    assert len(found) == 6 + 4 + 1
    assert {name for one in found for name in one["predicted"]} < set(PROPOSERS)
