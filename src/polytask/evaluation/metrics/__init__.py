"""Metrics: figures of merit of predictions against targets, a family a file.

Everything here takes a task, labelled targets and a prediction, and knows numpy alone. Adding a
metric: its class, its line in `catalogue.py`, its test.
"""

from polytask.evaluation.metrics.catalogue import METRICS, metric, score, summary
from polytask.evaluation.metrics.encoding import unseen
from polytask.evaluation.metrics.floor import floor
from polytask.evaluation.metrics.metric import Metric
from polytask.evaluation.metrics.right import joint_accuracy, joint_right, right
from polytask.evaluation.metrics.tables import classes, confusion, residuals

__all__ = [
    "METRICS",
    "Metric",
    "classes",
    "confusion",
    "floor",
    "joint_accuracy",
    "joint_right",
    "metric",
    "residuals",
    "right",
    "score",
    "summary",
    "unseen",
]
