"""What metrics are called when a person reads them, and whether they are fractions."""

from __future__ import annotations

NAMES = {
    "accuracy": "accuracy",
    "macro_f1": "macro F1",
    "micro_f1": "micro F1",
    "weighted_f1": "weighted F1",
    "span_f1": "span F1",
    "mcc": "MCC",
    "auroc": "AUROC",
    "r2": "R²",
    "pearson": "Pearson",
    "spearman": "Spearman",
    "mae": "MAE",
    "rmse": "RMSE",
    "quadratic_kappa": "kappa",
    "log_loss": "log-loss",
    "calibration_error": "calib. error",
}
"""Metrics by their short names; an unknown one is shown as it is called."""

_IN_UNITS = frozenset({"mae", "rmse", "log_loss"})


def metric_name(metric: str) -> str:
    """The short name of a metric.

    >>> metric_name("quadratic_kappa"), metric_name("my_metric")
    ('kappa', 'my metric')
    """
    return NAMES.get(metric, metric.replace("_", " "))


def in_points(metric: str) -> bool:
    """Whether the metric is a fraction, shown in points."""
    return metric not in _IN_UNITS
