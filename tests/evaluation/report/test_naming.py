"""Names of metrics."""

import pytest

from polytask.evaluation.report.naming import NAMES, in_points, metric_name
from polytask.tasks.task import METRICS


@pytest.mark.parametrize("metric", sorted({m for found in METRICS.values() for m in found}))
def test_every_primary_metric_has_a_short_name(metric):
    assert metric in NAMES
    assert len(metric_name(metric)) <= 9


def test_errors_keep_their_unit():
    assert not in_points("mae") and not in_points("rmse")
    assert in_points("accuracy") and in_points("r2")
