"""Helpers in plans: what is told of them, in which order they are tried, what becomes of it."""

import ast

import pytest

from polytask.planning.budget import parse
from polytask.planning.checks import check_text
from polytask.planning.interpreter import run
from polytask.planning.writers.costs import Costs
from polytask.planning.writers.helping import Help
from polytask.planning.writers.ladder import SETTINGS
from polytask.planning.writers.rules import write

FIRST = SETTINGS["text"][0].recipe.replace("3e-4", "0.0003")
IMAGE = {"modality": "image", "language": "", "mean_length": 0.0, "rows": 400}


def sets(*names):
    """Ranked sets, each of one task of its name but `two`, which has two."""
    tasks = {"two": ["two", "more"]}
    return [{"name": n, "tasks": tasks.get(n, [n]), "rows": 9, "similarity": 0.5} for n in names]


@pytest.fixture
def small(task, profile):
    """A small task with four sets beside it."""
    names = ["films", "two", "plays", "songs"]
    helpers = [task(name, rows=1000) for name in names] + [task("more", "two", rows=1000)]
    return profile(task("mood", rows=50), helpers=helpers)


@pytest.fixture
def play(tmp_path, vocabulary, journal_of):
    def play(found, operations, name="journal.sqlite"):
        path = tmp_path / "plan.py"
        path.write_text(write(found, budget=parse("5m")))
        with journal_of(path.read_text(), name) as journal:
            return run(path, operations, journal, vocabulary=vocabulary)

    return play


def helped(after=0.0, **gains):
    """Dev of a candidate: a task alone has 0.5, each set adds its gain; `after` them another."""

    def dev(tasks, recipe):
        joint = sum(gains.get(name, 0.0) for name in tasks[1:])
        return {tasks[0]: 0.5 + (after if "@" in recipe else joint)}

    return dev


def jointly(operations):
    """What the task was trained with, at once."""
    return [names for names, _ in operations.trained() if len(names) > 1 and names[0] == "mood"]


def recorded(recorder, *names, **more):
    operations = recorder(["mood"], **more)
    operations.sets = sets(*names)
    return operations


def test_the_plan_tells_what_may_help(small, vocabulary):
    text = write(small, budget=parse("5m"))
    check_text(text, vocabulary)
    assert max(map(len, text.splitlines())) <= 100
    told = " ".join(ast.get_docstring(ast.parse(text)).split())
    assert "the 3 sets likeliest to help it, by embeddings and size" in told
    assert "in sequence: first they, then quick models" in told
    assert "such sets are not served" in told
    for name in ("films", "two", "more", "plays", "songs"):
        assert f"\n# {name}: multiclass by accuracy on text (en), 5 classes; 1,000 rows" in text
    assert "t = tasks(" in text
    assert '    (FineTune(epochs=3, learning_rate=3e-4, embeddings=True), ["mood"]),' in text


def test_without_helpers_the_plan_does_not_speak_of_them(task, profile):
    text = write(profile(task("a"), task("b")), budget=parse("5m"))
    assert "HELPED" not in text
    assert "with_helpers" not in text
    assert "    helpers,\n" not in text


@pytest.mark.parametrize(
    "other", [{"language": "zh"}, {"kind": "tagging", "metric": "span_f1"}, IMAGE]
)
def test_what_no_encoder_reads_with_the_task_cannot_help_it(task, profile, other):
    found = profile(task("mood", rows=50), helpers=[task("x", **other)])
    assert "HELPED" not in write(found, budget=parse("5m"))


def test_images_are_helped_by_images_with_their_own_setting(task, profile, vocabulary):
    scans = [task(name, **IMAGE) for name in ("ct", "mri")]
    found = profile(task("mood"), scans[0], helpers=[task("films"), scans[1]])
    text = write(found, budget=parse("5m"))
    check_text(text, vocabulary)
    chosen = text[text.index("HELPED = [") :].split("]\n\n")[0]
    assert chosen.index("TopLayers") < chosen.index("FineTune")  # the smaller task first
    without = write(found, budget=parse("5m"), encoders=("text",))
    assert "TopLayers" not in without[without.index("HELPED = [") :].split("]\n\n")[0]


def test_small_tasks_are_helped_first_and_cost_is_told(task, profile):
    found = profile(task("b", rows=900), task("a", rows=50), helpers=[task("films", rows=1000)])
    trainable = [found["b"], found["a"]]
    help_ = Help(found, trainable, Costs())
    assert [one.name for one in help_.tasks] == ["a", "b"]
    # Three passes of 5 seconds a thousand rows: the task's own rows and the set's.
    jointly = 3 * 5.0 * (1.05 + 1.9)
    # The set alone for two passes, once; a probe each; pairs and a probe where rows are few.
    after = 2 * 5.0 * 1.0 + 2.5 * (0.05 + 0.9) + 5.0 * 1.6 + 2.5 * 0.05
    assert help_.seconds == pytest.approx(jointly + after)
    assert Help(profile(task("a")), [found["a"]], Costs()).text() == ""


def test_the_likeliest_are_tried_alone_and_those_that_help_together(play, recorder, small):
    gains = {"films": 0.05, "two": 0.03, "plays": -0.01, "songs": 0.2}
    operations = recorded(recorder, "films", "two", "plays", "songs", dev=helped(**gains))
    assert play(small, operations).status == "finished"
    assert jointly(operations) == [
        ("mood", "films"),
        ("mood", "two", "more"),
        ("mood", "plays"),
        ("mood", "films", "two", "more"),  # not the fourth set, however well it would help
    ]
    together = jointly(operations)
    assert all(recipe == FIRST for names, recipe in operations.trained() if names in together)
    assert (("mood",), FIRST) in operations.trained()  # a fair control
    parts, controls = combined(operations)
    assert set(parts) == set(controls) == {"mood"}
    assert parts["mood"].startswith("mood+films+two+more:")
    assert any("mood: helped by films, two, more, FineTune" in line for line in operations.said())


def test_what_does_not_help_is_not_used(play, recorder, small):
    operations = recorded(recorder, "films", "two", dev=helped(films=-0.1, two=0.005))
    play(small, operations)
    parts, controls = combined(operations)
    assert parts == controls
    assert any("kept apart" in line and "+0.005" in line for line in operations.said())


def test_where_one_did_not_fit_the_others_are_not_joined(play, recorder, small):
    def cost(tasks, _):
        return 1000.0 if "two" in tasks else 1.0  # so nothing comes after it either

    operations = recorded(
        recorder, "two", "films", "plays", dev=helped(films=0.1, plays=0.1), cost=cost, budget=90.0
    )
    play(small, operations)
    tried = [("mood", "two", "more"), ("mood", "films"), ("mood", "plays")]
    assert jointly(operations) == tried
    assert combined(operations)[0]["mood"].startswith("mood+films:")


@pytest.mark.slow
def test_more_budget_never_ends_worse(play, recorder, small):
    gains = {"films": 0.02, "two": 0.04, "plays": 0.03}
    reached = 0.0
    for budget in (3, 5, 6, 7, 8, 9, 10, 11, 12, 30):
        operations = recorded(
            recorder, "films", "two", "plays", dev=helped(**gains), cost=cost, budget=budget
        )
        if play(small, operations, name=f"{budget}.sqlite").status == "finished":
            (value,) = operations.parts[combined(operations)[0]["mood"]].values()
            assert value >= reached
            reached = value
    assert reached == pytest.approx(0.59)


BASE = (("films", "more", "plays", "two"), "FineTune(epochs=2)")  # their rate is the default


def test_the_likeliest_are_learned_first_and_the_task_after_them(play, recorder, small):
    operations = recorded(recorder, "films", "two", "plays", "songs", dev=helped(0.1, films=0.02))
    play(small, operations)
    at = operations.trained().index(BASE)
    after = [(("mood",), "Probe()"), BASE, (("mood",), "FewShot()")]
    assert operations.trained()[at + 1 : at + 4] == after  # the same once more costs nothing
    assert operations.trained()[at + 4] == (("mood", "films"), FIRST)  # the dearer ones follow
    parts, controls = combined(operations)
    assert parts["mood"].startswith("mood:Probe() @films+more+plays+two:FineTune")
    assert "@" not in controls["mood"]
    (line,) = [line for line in operations.said() if "helped by" in line]
    assert line.startswith("mood: helped by films, more, plays, two, Probe() after FineTune(")
    assert "+0.100" in line


def test_helped_in_sequence_is_repeated_from_the_same_encoder(play, recorder, small):
    def dev(tasks, recipe):
        return {tasks[0]: 0.9 if recipe.startswith("FewShot") else 0.5}

    operations = recorded(recorder, "films", dev=dev)
    play(small, operations)
    again = [(tasks, recipe) for tasks, recipe, _ in operations.again()]
    assert again == [(("mood",), "FewShot()")] * 2
    (part, repeats), *_ = operations.repeats.items()
    assert part == combined(operations)[0]["mood"]
    assert [one.partition("#")[0] for one in repeats] == [part, part]


@pytest.mark.parametrize(
    ("outcome", "told"),
    [(None, "mood after films: Probe() failed: not enough rows"), (1e3, "the first mood after")],
)
def test_helpers_that_cannot_be_learned_leave_the_rest_as_it_is(
    play, recorder, small, outcome, told
):
    def dev(tasks, _):
        return None if tasks[0] == "films" else {tasks[0]: 0.5}

    def cost(tasks, _):
        return 1.0 if outcome is None or tasks[0] != "films" else outcome

    operations = recorded(recorder, "films", dev=dev, cost=cost, budget=90.0)
    assert play(small, operations).status == "finished"
    assert jointly(operations) == [("mood", "films")]
    assert any(told in line for line in operations.said())


def test_pairs_are_for_few_rows_and_nothing_comes_after_for_tags_and_images(task, profile):
    text = {"helpers": [task("films")]}
    many = write(profile(task("mood", rows=5000), **text), budget=parse("5m"))
    assert '(Probe(), ["mood"])' in many and "FewShot" not in many
    tags = {"kind": "tagging", "metric": "span_f1"}
    for figures in (tags, IMAGE):
        found = profile(task("mood", **figures), helpers=[task("x", **figures)])
        told = write(found, budget=parse("5m"))
        assert "HELPED = [" in told
        assert "AFTER" not in told and "in_sequence" not in told and "started" not in told


def cost(_, __):
    return 1.0


def combined(operations):
    return next(item[1:] for item in operations.log if item[0] == "combine")
