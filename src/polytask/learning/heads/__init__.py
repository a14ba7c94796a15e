"""Heads: features to logits, one kind of task a file.

May import `tasks`, `losses` and torch; does not know encoders' insides, recipes or training.
Adding a head: its file, its line in `HEADS`, its test.
"""

from __future__ import annotations

from polytask._catalogue import Catalogue

_HERE = "polytask.learning.heads"

HEADS = Catalogue(
    "head",
    {
        "Classification": f"{_HERE}.classification",
        "Multilabel": f"{_HERE}.multilabel",
        "Ordinal": f"{_HERE}.ordinal",
        "Regression": f"{_HERE}.regression",
        "Tagging": f"{_HERE}.tagging",
        "LinearChain": f"{_HERE}.linear_chain",
        "Kernel": f"{_HERE}.kernel",
    },
)

BY_KIND = {
    "binary": "Classification",
    "multiclass": "Classification",
    "multilabel": "Multilabel",
    "ordinal": "Ordinal",
    "regression": "Regression",
    "tagging": "Tagging",
}
"""The head a kind of task gets unless a recipe says otherwise."""
