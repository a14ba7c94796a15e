"""Proposers: what a task would gain by being learned with others; one method a file.

They read what is there or costs seconds (features of a frozen encoder, gradients of a training
that was made anyway) and answer with a score and its reason. Scores of one proposer can be
compared, with those of another only their ranks. They propose; short real runs decide. Adding one:
its file, its line in `PROPOSERS`, its test; `tests/contracts/test_proposers.py` then holds it to
what all keep.
"""

from __future__ import annotations

from polytask._catalogue import Catalogue

_HERE = "polytask.learning.proposing"

PROPOSERS = Catalogue(
    "proposer",
    {
        "DatasetFeatures": f"{_HERE}.dataset_features",
        "FeatureSimilarity": f"{_HERE}.feature_similarity",
        "ProbeTransfer": f"{_HERE}.probe_transfer",
        "StepAffinity": f"{_HERE}.step_affinity",
        "GradientAngles": f"{_HERE}.gradient_angles",
        "ProjectedGradients": f"{_HERE}.projected_gradients",
        "LearningCurves": f"{_HERE}.learning_curves",
    },
)
