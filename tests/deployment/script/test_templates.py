"""What stands in templates of programs and no small data set would show."""

from __future__ import annotations

import re
from importlib.resources import files

import numpy as np


def test_a_probe_learns_nothing_from_the_noise_of_a_dead_feature():
    from sklearn.feature_selection import VarianceThreshold
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    template = files("polytask.deployment.script") / "templates/probe.py.j2"
    text = template.read_text(encoding="utf-8")
    assert len(re.findall(r"make_pipeline\(steady, StandardScaler\(\), ", text)) == 4
    (wanted,) = re.findall(r"steady = (VarianceThreshold\(.*?\))", text)
    steady = eval(wanted, {"VarianceThreshold": VarianceThreshold})
    drawn = np.random.default_rng(0)
    alive = drawn.normal(size=(60, 3)).astype(np.float32)
    dead = (1e-9 * drawn.normal(size=(60, 1)) - 1e-7).astype(np.float32)
    labels = (alive[:, 0] + drawn.normal(size=60) > 0).astype(int)

    def weights(features):
        model = make_pipeline(steady, StandardScaler(), LogisticRegression(C=1.0))
        return model.fit(features, labels)[-1].coef_

    assert np.array_equal(weights(np.hstack([alive, dead])), weights(alive))
