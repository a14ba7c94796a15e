"""Evaluation: metrics, decisions, reports, comparison and certificate.

Imports `tasks`; takes scores as arrays and answers through a callable, so that a model, a service,
a rule set and a person are measured by the same code. Knows no torch and no plan.
"""
