from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polytask._errors import ConfigError, MissingError
from polytask.learning.balancing.aggregators import PCGrad
from polytask.learning.balancing.uncertainty import Uncertainty
from polytask.learning.fitting import encoder_of, fit, language_of
from polytask.learning.losses.focal import Focal
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.recipe import Context
from polytask.tasks.task import Column, Fold, Inputs, Rows


def fold_of(*texts: str) -> Fold:
    return Fold(
        {
            str(i): Rows(Inputs((Column("text"),), {"text": [text] * 3}), {}, range(3))
            for i, text in enumerate(texts)
        },
        {},
    )


ENGLISH, CHINESE = "how do I get my card and what is it for", "你好，请问这个多少钱"


@pytest.mark.parametrize(
    ("texts", "expected"),
    [((ENGLISH,), "en"), ((ENGLISH, CHINESE), "zh"), (("CCO",), ""), ((ENGLISH, "CCO"), "en")],
    ids=["english", "both", "formula", "english and formula"],
)
def test_one_foreign_table_decides_the_encoder(texts, expected: str) -> None:
    assert language_of(fold_of(*texts)) == expected


def test_the_language_is_that_of_all_rows() -> None:
    texts = [ENGLISH] * 600 + [CHINESE] * 3_000
    rows = Rows(Inputs((Column("text"),), {"text": texts}), {}, np.arange(len(texts)))
    assert language_of(Fold({"notes": rows}, {})) == "zh"


def test_text_and_images_are_not_trained_together(world) -> None:
    image = replace(world.tasks["grade"], name="scan", inputs=(Column("file", "image"),))
    with pytest.raises(ConfigError, match=r"all on text or all on images; found .*scan on image"):
        encoder_of([world.tasks["grade"], image], world.fold, Context())


def test_missing_weights_name_the_command(world, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path))
    with pytest.raises(MissingError, match="polytask weights get minilm"):
        encoder_of([world.tasks["grade"]], world.fold, Context())


def test_a_loss_for_none_of_the_tasks_is_refused(world) -> None:
    tasks, fold = world.pick("score")
    message = r"The loss Focal\(gamma=2.0\) is for .*tagging tasks; found score \(regression\)"
    with pytest.raises(ConfigError, match=message):
        fit(tasks, fold, Context(), FineTune(loss=Focal()))


def test_a_balancer_that_compares_is_said_to_do_nothing_for_one_task(world, tiny_folder) -> None:
    told: list[str] = []
    context = Context(
        encoder=tiny_folder, threads=1, emit=lambda event: told.append(event.get("text", ""))
    )
    text = "`balancer` PCGrad compares tasks: with one it is the plain sum"
    for names, balancer, count in (
        (["intent"], PCGrad(), 1),
        (["intent", "grade"], PCGrad(), 0),
        (["intent"], Uncertainty(), 0),  # learns a weight for one task, too
    ):
        told.clear()
        fit(*world.pick(*names), context, FineTune(epochs=1, balancer=balancer))
        assert told.count(text) == count
        assert any("`balancer`" in line for line in told) == bool(count)
