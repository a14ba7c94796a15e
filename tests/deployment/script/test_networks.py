"""What a program says of an encoder."""

from __future__ import annotations

from pathlib import Path

import pytest

from polytask._errors import ConfigError
from polytask.deployment.script.networks import network_facts
from polytask.deployment.script.reading import Reading
from polytask.deployment.script.subject import Subject
from polytask.learning.encoders.tiny import tiny_text_encoder
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.top_layers import TopLayers
from polytask.tasks.task import Column, Task


def facts(recipe, *columns, kind="binary", prefix=""):
    columns = columns or (Column("text"),)
    task = Task("mood", "rows", columns, "mood", kind, "accuracy", ("bad", "good"))
    encoder = tiny_text_encoder(["a good day", "a bad day"], depth=3)
    encoder.prefix = prefix
    reading = Reading(Path(), (), "", {}, {}, frozenset())
    return network_facts(
        Subject((task,), recipe, {"rows": reading}, {}, {"mood": (9, 9)}, encoder=encoder)
    )


def test_embeddings_stay_fixed_unless_they_are_trained():
    assert facts(FineTune())["fixed"] == "self.encoder.embeddings"
    assert facts(FineTune(embeddings=True))["fixed"] == ""


def test_lower_layers_stay_fixed_where_the_upper_ones_are_trained():
    found = facts(TopLayers(layers=1))
    assert found["frozen"] == 2
    assert found["fixed"] == "self.encoder.embeddings, *self.encoder.encoder.layer[:FROZEN]"


def test_segments_are_given_for_pairs_alone():
    assert facts(FineTune())["keys"] == ["input_ids", "attention_mask"]
    pair = facts(FineTune(), Column("a"), Column("b"))
    assert pair["keys"] == ["input_ids", "attention_mask", "token_type_ids"]
    assert pair["dataset"] == "PairDataset"


def test_a_prefix_of_token_lists_is_refused():
    with pytest.raises(ConfigError, match="prefix 'query: '"):
        facts(FineTune(), Column("words", tokens=True), kind="tagging", prefix="query: ")
