from dataclasses import fields

import pytest

from polytask._errors import ConfigError
from polytask.planning.budget import parse
from polytask.planning.writers.costs import Costs
from polytask.planning.writers.rules import write


@pytest.mark.parametrize("name", [item.name for item in fields(Costs)])
def test_figures_are_above_zero(name):
    with pytest.raises(ConfigError, match=f"`{name}`"):
        Costs(**{name: 0.0})


def test_costs_grow_with_rows_length_and_epochs(task):
    costs = Costs(fine_tune=5.0)
    assert costs.seconds("fine_tune", [task("x", rows=1000)], 3) == 15.0
    assert costs.seconds("fine_tune", [task("x", rows=2000)], 3) == 30.0
    assert costs.seconds("fine_tune", [task("x", rows=1000, mean_length=40.0)], 3) == 30.0


def test_very_short_texts_still_cost_something(task):
    short, shorter = (task("x", mean_length=length) for length in (5.0, 1.0))
    assert Costs().seconds("probe", [short]) == Costs().seconds("probe", [shorter]) > 0


def test_tasks_of_one_table_share_their_rows(task):
    costs, pair = Costs(), [task("x", "t", rows=1000), task("y", "t", rows=900)]
    assert costs.seconds("fine_tune", pair) == costs.seconds("fine_tune", pair[:1])
    apart = [task("x", rows=1000), task("y", rows=1000)]
    assert costs.seconds("fine_tune", apart) == 2 * costs.seconds("fine_tune", pair)


def test_folds_cost_one_fit_each_and_the_final_one(task):
    costs = Costs()
    folded = costs.seconds("probe", [task("x", folds=5)])
    assert folded == 6 * costs.seconds("probe", [task("x")])


def test_the_frozen_layers_run_once_whatever_the_epochs(task):
    costs = Costs(probe=2.0, top_layers=1.0, image_probe=20.0, image_top_layers=10.0)
    assert costs.seconds("top_layers", [task("x", rows=1000)], 4) == 6.0
    image = task("x", rows=1000, modality="image")
    assert costs.seconds("top_layers", [image], 4) == 60.0
    assert costs.seconds("probe", [image]) == 20.0


def test_tags_cost_more_without_an_encoder(task):
    tags = task("x", kind="tagging", modality="tokens")
    assert Costs().seconds("tfidf", [tags]) > Costs().seconds("tfidf", [task("x")])


def test_fine_tuning_images_has_its_own_figure(task):
    image = task("x", rows=500, modality="image")
    assert Costs(image_fine_tune=60.0).seconds("fine_tune", [image], 2) == 60.0


def test_costs_of_this_machine_are_told(task, profile):
    slow = write(profile(task("x")), budget=parse("5m"), costs=Costs(probe=1000.0))
    assert "about 1h23m" in slow
