"""Parts that do not go together are refused before any training, saying which two and why."""

from __future__ import annotations

import numpy as np
import pytest

from polytask._errors import ConfigError
from polytask.learning.recipes.recipe import Context
from polytask.tasks.task import Column, Fold, Inputs, Rows, Task
from polytask.workflow.operations.recipes import build

WRITTEN = [
    # recipe, the two, why
    ("FineTune(transfer=LoRA(), embeddings=True)", "LoRA", "embeddings", "fixes all"),
    ("FineTune(epochs=2, transfer=LPFT(probing=2))", "LPFT", "epochs", "none is left"),
    ("FineTune(patience=1, transfer=LPFT(probing=2))", "LPFT", "patience", "may end"),
    ("FineTune(transfer=LPFT(), balancer=PCGrad())", "LPFT", "PCGrad", "looks at gradients"),
    ("FineTune(transfer=Bottleneck(), balancer=MGDA())", "Bottleneck", "MGDA", "of its own"),
    ("FineTune(transfer=Bottleneck(), loss=JointSoftmax())", "Bottleneck", "JointSoftmax", "anew"),
    ("TopLayers(transfer=Bottleneck(), balancer=GradNorm())", "Bottleneck", "GradNorm", "own"),
    ("TopLayers(regulariser=FGM())", "FGM", "TopLayers", "computes the layers over them once"),
    ("TopLayers(regulariser=PGD())", "PGD", "TopLayers", "computes the layers over them once"),
    ("TopLayers(regulariser=FreeLB())", "FreeLB", "TopLayers", "remembers what they give"),
    ("TopLayers(regulariser=VAT())", "VAT", "TopLayers", "remembers what they give"),
    ("FineTune(dropout=0.0, regulariser=RDrop())", "RDrop", "dropout", "they are the same"),
    ("TopLayers(dropout=0, regulariser=RDrop())", "RDrop", "dropout", "they are the same"),
    (
        "FineTune(temperature=3.0, sampling=Uniform())",
        "Uniform",
        "temperature",
        "both say how often",
    ),
    ("TopLayers(temperature=1.0, sampling=Annealed())", "Annealed", "temperature", "both say"),
]


@pytest.mark.parametrize(("recipe", "one", "two", "why"), WRITTEN, ids=[row[0] for row in WRITTEN])
def test_what_contradicts_itself_is_refused_as_it_is_read(recipe, one, two, why) -> None:
    with pytest.raises(ConfigError) as error:
        build(recipe)
    assert all(word in str(error.value) for word in (one, two, why))


TEXT, IMAGE, TOKENS = Column("text"), Column("scan", "image"), Column("words", tokens=True)
TASKS = {
    "mood": Task("mood", "t", (TEXT,), "mood", "binary", "accuracy", ("a", "b")),
    "score": Task("score", "t", (TEXT,), "score", "regression", "r2"),
    "slots": Task("slots", "t", (TOKENS,), "slots", "tagging", "span_f1", ("B-x", "O")),
    "finding": Task("finding", "t", (IMAGE,), "finding", "binary", "accuracy", ("a", "b")),
}
GIVEN = [
    # recipe, tasks, the two, why
    ("FineTune(loss=Focal())", "score", "Focal", "regression", "is for"),
    ("FineTune(loss=CRF())", "mood", "CRF", "binary", "is for tagging"),
    ("FineTune(loss=Huber())", "mood slots", "Huber", "tagging", "is for regression"),
    ("FineTune(regulariser=Mixup())", "slots", "Mixup", "tagging", "mixes rows"),
    ("FineTune(regulariser=FGM())", "finding", "FGM", "finding (image)", "moves embedded words"),
    ("FineTune(regulariser=PGD())", "finding", "PGD", "finding (image)", "moves embedded words"),
    ("FineTune(regulariser=FreeLB())", "finding", "FreeLB", "image", "moves embedded words"),
    ("FineTune(regulariser=VAT())", "finding", "VAT", "image", "moves embedded words"),
    ("TopLayers(regulariser=StochasticDepth())", "finding", "StochasticDepth", "image", "skips"),
    ("FineTune(sampling=Curriculum())", "finding", "Curriculum", "image", "have no length"),
    ("FineTune(balancer=ConFIG())", "mood slots", "ConFIG", "tokens of t", "share none"),
    ("FineTune()", "mood finding", "mood on text", "finding on image", "share one encoder"),
    ("TopLayers()", "mood finding", "mood on text", "finding on image", "share one encoder"),
    ("FineTune(image_size=128)", "mood", "image_size", "128", "reads none"),
    ("FineTune(transfer=Bottleneck())", "finding", "Bottleneck", "text encoder", "layer"),
]


@pytest.fixture
def context(tmp_path) -> Context:
    """Tiny encoders of text and of images."""
    from transformers import MobileNetV2Config, MobileNetV2Model

    from polytask.learning.encoders.image import ImageEncoder
    from polytask.learning.encoders.pixels import Pixels
    from polytask.learning.encoders.tiny import tiny_text_encoder

    model = MobileNetV2Model(MobileNetV2Config(depth_multiplier=0.25, min_depth=4))
    for name, encoder in {
        "text": tiny_text_encoder(["a b"]),
        "image": ImageEncoder(model, pixels=Pixels(64)),
    }.items():
        (tmp_path / name).mkdir()
        encoder.save(tmp_path / name)
    return Context(encoder=str(tmp_path / "text"), image_encoder=str(tmp_path / "image"), threads=1)


def fold_of(tasks: list[Task]) -> Fold:
    """Three rows of each input, in one table."""
    values = {"text": ["a", "b", "a b"], "words": [["a"], ["b"], ["a", "b"]], "scan": [b""] * 3}
    labels = {"score": [1.0, 2.0, 3.0], "slots": [["O"], ["O"], ["B-x", "O"]]}
    columns = tuple({column.name: column for task in tasks for column in task.inputs}.values())
    inputs = Inputs(columns, {column.name: values[column.name] for column in columns})
    targets = {task.name: labels.get(task.name, ["a", "b", "a"]) for task in tasks}
    return Fold({"t": Rows(inputs, targets, np.arange(3))}, {})


@pytest.mark.parametrize(
    ("recipe", "names", "told"),
    [(recipe, names, told) for recipe, names, *told in GIVEN],
    ids=[f"{row[0]} {row[1]}" for row in GIVEN],
)
def test_what_does_not_fit_the_tasks_is_refused_before_training(
    recipe, names, told, context, monkeypatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("training began")

    monkeypatch.setattr("polytask.learning.training.train", never)
    tasks = [TASKS[name] for name in names.split()]
    with pytest.raises(ConfigError) as error:
        build(recipe).fit(tasks, fold_of(tasks), context)
    assert all(word in str(error.value) for word in told)
