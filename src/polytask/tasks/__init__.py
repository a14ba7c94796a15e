"""Tasks: what they are, reading and recognising them, profiles, splits and folds.

Imports only `_errors`, `_catalogue` and data libraries; knows no torch, no metric and no plan.
"""
