"""Losses: logits and targets to one number a row, normalised by kind; one loss a file.

May import numpy and torch alone; does not know tasks, heads or training. A recipe chooses one by
name, `FineTune(loss=Focal(gamma=2.0))`, for those of its tasks whose kind the loss is for; the
others keep what the task file names for them, `loss: Focal()`, or that of their head. Adding one:
its file, its line in `LOSSES`, its test. `Custom` asks a user's file (`tasks.custom_loss`) and is
named by that alone. `Distillation` and `SupervisedContrastive` read more than
logits and labels and are for a loop of one's own.
"""

from __future__ import annotations

from polytask._catalogue import Catalogue

_HERE = "polytask.learning.losses"

LOSSES = Catalogue(
    "loss",
    {
        "CrossEntropy": f"{_HERE}.cross_entropy",
        "Focal": f"{_HERE}.focal",
        "CumulativeLink": f"{_HERE}.cumulative_link",
        "BinaryCrossEntropy": f"{_HERE}.binary_cross_entropy",
        "Asymmetric": f"{_HERE}.asymmetric",
        "SquaredError": f"{_HERE}.squared_error",
        "Huber": f"{_HERE}.huber",
        "Quantile": f"{_HERE}.quantile",
        "CRF": f"{_HERE}.crf",
        "JointSoftmax": f"{_HERE}.joint_softmax",
    },
)
