from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from polytask._errors import ConfigError
from polytask.workflow.settings import Settings


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"margin": 0.0}, "`margin` lies above 0 and below 0.5"),
        ({"threads": -1}, "`threads` is 1 or more"),
        ({"workers": 0}, "`workers` is between 1 and 64; found 0"),
        ({"dtype": "bfloat"}, "Unknown dtype 'bfloat'.*bfloat16"),
        ({"seed": -1}, "`seed` is between 0 and 4294967295; found -1"),
        ({"helpers": [{"text": "a"}]}, "`helpers` takes files or folders; found list"),
        ({"prefer": "smal"}, "Unknown preference 'smal'.*'small'"),
        ({"max_latency": "20"}, "has its unit, such as 20ms or 0.5s; found '20'"),
        ({"max_latency": "0ms"}, "above zero.*found '0ms'"),
        ({"sed": 1}, "Unknown option 'sed'.*'seed'"),
    ],
)
def test_values_out_of_range_are_refused_with_the_rule(options, message):
    with pytest.raises(ConfigError, match=message):
        Settings.of(options)


def test_no_threads_means_all_that_this_process_may_use():
    assert Settings().threads == len(os.sched_getaffinity(0))
    assert Settings(threads=3).threads == 3


def test_helpers_are_one_path_or_several():
    assert Settings(helpers="more").helpers == ("more",)
    assert Settings(helpers=[Path("a"), "b.csv"]).helpers == ("a", "b.csv")


def test_settings_survive_as_plain_data():
    settings = Settings(seed=3, targets=("a", "b"), kinds={"a": "ordinal"}, encoder="minilm")
    again = Settings.of(json.loads(json.dumps(settings.plain())))
    assert again.plain() == settings.plain()


def test_size_and_time_stand_in_the_settings_only_where_they_count():
    assert not Settings().weighs
    assert {"prefer", "max_latency"}.isdisjoint(Settings().plain())
    found = Settings(prefer="fast", max_latency="0.5s")
    assert found.weighs
    assert found.bound == 500.0
    assert found.plain()["max_latency"] == "0.5s"
    assert "prefer" not in Settings(max_latency="20ms").plain()


def test_a_folder_of_an_encoder_is_found_from_anywhere(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    assert Settings(encoder="mine").encoder == str(tmp_path / "mine")
    assert Settings(encoder=Path("mine")).encoder == str(tmp_path / "mine")


def test_embedded_weights_go_before_a_folder_of_their_name(tmp_path, monkeypatch):
    (tmp_path / "minilm").mkdir()
    monkeypatch.chdir(tmp_path)
    assert Settings(encoder="minilm", image_encoder="owner/model").encoder == "minilm"
    assert Settings(image_encoder="owner/model").image_encoder == "owner/model"
