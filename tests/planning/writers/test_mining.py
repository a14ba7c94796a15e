import pytest

from polytask.planning.budget import parse
from polytask.planning.checks import check_text
from polytask.planning.writers import ladder, mining
from polytask.planning.writers.ladder import SETTINGS, mined, usual
from polytask.planning.writers.rules import write

RECIPE = "TopLayers(layers=1)"


def portfolio(worth):
    pick = {"recipe": RECIPE, "gain": 0.01, "seconds": 3.0, "kinds": ["multiclass"]}
    return {"text": {"behind": [pick], "worth": worth}, "image": {"behind": [], "worth": False}}


@pytest.fixture
def late(monkeypatch):
    monkeypatch.setattr(ladder, "shipped", lambda: portfolio(False))


def test_what_is_worth_it_stands_behind_the_ladder(monkeypatch, task, profile):
    monkeypatch.setattr(ladder, "shipped", lambda: portfolio(True))
    assert [one.recipe for one in mined("text", early=True)] == [RECIPE]
    assert usual("text")[-1] == RECIPE
    text = write(profile(task("a")), budget=parse("5m"))
    steps = text.partition("STEPS = [")[2].partition("\n]")[0]
    assert steps.index(SETTINGS["text"][-1].recipe) < steps.index(RECIPE)
    assert "# Of a portfolio mined on other data; about" in steps
    assert "MINED" not in text


@pytest.mark.usefixtures("late")
def test_what_is_not_stands_behind_everything(vocabulary, task, profile, play, recorder):
    found = profile(task("a"), task("b", kind="tagging"))
    text = write(found, budget=parse("5m"))
    check_text(text, vocabulary)
    assert f'    ({RECIPE}, ["a"]),' in text  # tagging was not tried
    assert RECIPE not in text.partition("STEPS = [")[2].partition("\n]")[0]

    def dev(tasks, recipe):
        return dict.fromkeys(tasks, _dev(recipe) - 0.2 * (len(tasks) - 1))

    operations = recorder(["a", "b"], dev=dev)
    play(found, operations)
    assert operations.trained()[-1] == (("a",), RECIPE)
    assert f"a: {RECIPE}, of the portfolio" in operations.said()
    assert dict(operations.log[-2][1])["a"] == f"a:{RECIPE}"


def _dev(recipe):
    return 0.9 if recipe == RECIPE else 0.5


@pytest.mark.usefixtures("late")
def test_a_task_that_is_shared_is_left_alone(task, profile, play, recorder):
    def dev(tasks, recipe):
        return dict.fromkeys(tasks, 0.8 if len(tasks) > 1 else _dev(recipe) - 0.2)

    operations = recorder(["a", "b"], dev=dev)
    play(profile(task("a", "t"), task("b", "t")), operations)
    assert RECIPE not in [recipe for _, recipe in operations.trained()]


@pytest.mark.usefixtures("late")
def test_it_waits_for_everything_before(task, profile, play, recorder):
    def cost(_, recipe):
        return 1e9 if "epochs=6" in recipe else 1.0

    operations = recorder(["a"], cost=cost, budget=1000.0)
    play(profile(task("a")), operations)
    assert RECIPE not in [recipe for _, recipe in operations.trained()]


def test_a_plan_without_a_portfolio_has_no_word_of_it(monkeypatch, task, profile):
    none = {name: {"behind": [], "worth": False} for name in ("text", "image")}
    monkeypatch.setattr(ladder, "shipped", lambda: none)
    assert mining.constant([task("a")]) == ""
    assert "MINED" not in write(profile(task("a")), budget=parse("5m"))
