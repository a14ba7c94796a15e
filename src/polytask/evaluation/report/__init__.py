"""The report of a run as a value: its dataclasses, its JSON form, its one sentence.

`report.json` is this value written down; rendering (`evaluation.rendering`) only reads it. Needs
nothing but the standard library (thumbnails: Pillow), so that a report can be read where nothing
else is installed. It does not know how the figures were measured.
"""

from polytask.evaluation.report.evidence import evidence
from polytask.evaluation.report.front import Front, Offer
from polytask.evaluation.report.language import LanguageModel, Prompted
from polytask.evaluation.report.preview import preview, thumbnail
from polytask.evaluation.report.run import (
    Candidate,
    Curve,
    Epoch,
    Evidence,
    Finding,
    Help,
    Joint,
    Latency,
    ModelReport,
    Moved,
    PartReport,
    PlanLine,
    PlanReport,
    Promise,
    Ranking,
    Report,
    Timing,
)
from polytask.evaluation.report.sentence import sentence, with_sentences
from polytask.evaluation.report.storing import read, write
from polytask.evaluation.report.task import (
    VERDICTS,
    ClassReport,
    Confusion,
    Control,
    DecisionReport,
    Estimate,
    Mistake,
    Residuals,
    TaskReport,
)

__all__ = [
    "Candidate",
    "ClassReport",
    "Confusion",
    "Control",
    "Curve",
    "DecisionReport",
    "Epoch",
    "Estimate",
    "Evidence",
    "Finding",
    "Front",
    "Help",
    "Joint",
    "LanguageModel",
    "Latency",
    "Mistake",
    "ModelReport",
    "Moved",
    "Offer",
    "PartReport",
    "PlanLine",
    "PlanReport",
    "Promise",
    "Prompted",
    "Ranking",
    "Report",
    "Residuals",
    "TaskReport",
    "Timing",
    "VERDICTS",
    "evidence",
    "preview",
    "read",
    "sentence",
    "thumbnail",
    "with_sentences",
    "write",
]
