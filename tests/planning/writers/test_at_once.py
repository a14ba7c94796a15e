"""Built-in plans for several workers: the same decisions, asked for at once."""

from __future__ import annotations

import pytest

from polytask.planning.budget import parse
from polytask.planning.checks import check_text
from polytask.planning.interpreter import run
from polytask.planning.writers import at_once
from polytask.planning.writers.at_once import with_workers
from polytask.planning.writers.proposing import with_drafts
from polytask.planning.writers.rules import write

IMAGE = {"modality": "image", "language": "", "mean_length": 0.0, "folds": 5, "rows": 400}
RECIPES = ["TfidfLinear", "Probe", "TopLayers", "FineTune(epochs=3", "FineTune(epochs=6"]


@pytest.fixture
def cases(task, profile):
    tags = {"kind": "tagging", "metric": "span_f1", "modality": "tokens"}
    helpers = [task(name, rows=1000) for name in ("films", "plays", "songs")]
    return {
        "snips": profile(task("intent", "s"), task("slots", "s", **tags)),
        "one": profile(task("x")),
        "images": profile(task("ct", **IMAGE), task("mri", "m", **IMAGE)),
        "five": profile(*[task(f"t{n}", f"f{n // 2}", rows=500 * (n + 1)) for n in range(5)]),
        "helped": profile(task("mood", rows=50), task("tone", "mood", rows=50), helpers=helpers),
    }


CASES = ["snips", "one", "images", "five", "helped"]


def plans(found):
    plain = write(found, budget=parse("5m"))
    return plain, with_workers(plain)


@pytest.mark.parametrize("drafted", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_the_plan_passes_the_check(cases, vocabulary, case, drafted):
    plain = write(cases[case], budget=parse("5m"))
    text = with_workers(with_drafts(plain) if drafted else plain)
    check_text(text, vocabulary)
    assert max(map(len, text.splitlines())) <= 100
    assert "train_all" in text
    assert "\n\n\n\n" not in text


def test_all_that_it_changes_is_found_in_the_plans(cases):
    """A block that is worded anew must not fall back to one after the other unseen."""
    texts = [write(found, budget=parse("5m")) for found in cases.values()]
    for there, _ in (*at_once._BEFORE, *at_once._INSTEAD):
        assert any(there in text for text in texts), there
    assert any(at_once._AGAIN.search(text) for text in texts)


def dev(tasks, recipe):
    """Dev that rises with every setting; every second task gains by company, the others lose."""
    level = next((n for n, start in enumerate(RECIPES) if recipe.startswith(start)), 3)
    company = 0.02 if len(tasks) > 1 else 0.0
    signs = {t: 1 - 2 * (n % 2) for n, t in enumerate(sorted(tasks))}
    return {t: 0.5 + 0.05 * level + company * signs[t] for t in tasks}


@pytest.mark.parametrize("case", CASES)
def test_it_trains_decides_and_delivers_what_one_worker_would(
    cases, vocabulary, tmp_path, journal_of, recorder, case
):
    found, ended = cases[case], []
    for number, text in enumerate(plans(found)):
        (tmp_path / "plan.py").write_text(text)
        operations = recorder(list(found), dev=dev)
        names = ("films", "plays", "songs") if case == "helped" else ()
        operations.sets = [{"name": n, "tasks": [n], "rows": 9, "similarity": 0.5} for n in names]
        operations.pulls = {one: dict.fromkeys(found, 0.1) for one in found}
        operations.drawn = [1e-4, 2e-4, 3e-4, 5e-4]
        with journal_of(text, f"{number}.sqlite") as journal:
            outcome = run(tmp_path / "plan.py", operations, journal, vocabulary=vocabulary)
        assert outcome.status == "finished", outcome.message
        ended.append(operations)
    plain, several = ended
    assert several.said() == plain.said()
    assert several.repeats == plain.repeats
    combined = [[item for item in one.log if item[0] == "combine"] for one in ended]
    assert combined[0] == combined[1]
    for kind in ("trained", "taught", "again"):
        assert sorted(getattr(several, kind)(), key=str) == sorted(getattr(plain, kind)(), key=str)


def test_quick_models_and_a_joint_part_with_its_controls_are_asked_for_at_once(
    cases, vocabulary, tmp_path, journal_of, recorder
):
    text = plans(cases["snips"])[1]
    (tmp_path / "plan.py").write_text(text)
    operations = recorder(["intent", "slots"], dev=dev)
    with journal_of(text) as journal:
        run(tmp_path / "plan.py", operations, journal, vocabulary=vocabulary)
    asked = [one[1] for one in operations.log if one[0] == "at once"]
    assert [(names, recipe.partition("(")[0]) for names, recipe in asked[0]] == [
        (("intent",), "TfidfLinear"),
        (("slots",), "TfidfLinear"),
        (("intent",), "Probe"),
    ]
    assert [names for names, _ in asked[1]] == [("intent", "slots"), ("intent",), ("slots",)]
    assert len({recipe for _, recipe in asked[1]}) == 1


def test_controls_trained_beside_a_joint_part_that_failed_wait_for_their_turn(
    cases, vocabulary, tmp_path, journal_of, recorder
):
    def failing(tasks, recipe):
        return None if len(tasks) > 1 else dev(tasks, recipe)

    text = plans(cases["snips"])[1]
    (tmp_path / "plan.py").write_text(text)
    operations = recorder(["intent", "slots"], dev=failing)
    with journal_of(text) as journal:
        run(tmp_path / "plan.py", operations, journal, vocabulary=vocabulary)
    trained = operations.trained()
    assert len(trained) == len(set(trained))
    failed = [line for line in operations.said() if " failed: " in line]
    assert all(line.startswith("intent + slots: FineTune") for line in failed)
    assert len(failed) == 2
