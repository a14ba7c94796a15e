import ast
from dataclasses import replace

import pytest

from polytask._catalogue import parse as parse_recipe
from polytask._errors import MissingError
from polytask.planning.budget import Budget, parse
from polytask.planning.checks import check_text
from polytask.planning.writers.ladder import SETTINGS
from polytask.planning.writers.rules import write

LAST = str(parse_recipe(SETTINGS["text"][-1].recipe))


def profiles(task, profile):
    image = {"modality": "image", "language": "", "mean_length": 0.0, "folds": 5, "rows": 400}
    tags = {"kind": "tagging", "metric": "span_f1", "modality": "tokens"}
    return {
        "snips": profile(task("intent", "s"), task("slots", "s", **tags)),
        "one": profile(task("x")),
        "images": profile(task("ct", **image), task("mri", "m", **image), task("p", "m", **image)),
        "eleven": profile(*[task(f"t{n}", f"f{n // 2}", rows=500 * (n + 1)) for n in range(11)]),
        "apart": profile(task("en"), task("zh", language="zh"), task("ct", **image)),
        "errors": profile(
            task("price", "h", kind="regression", metric="mae", target_sd=12.5, classes=0),
            task("kind", "h"),
        ),
        "names": profile(task('a"""b\n\\', "s"), task("情感 {x} 'y'", "s"), task("", "s")),
    }


CASES = ["snips", "one", "images", "eleven", "apart", "errors", "names"]


@pytest.mark.parametrize("encoders", [("text", "image"), ("text",), ("image",), ()])
@pytest.mark.parametrize("case", CASES)
def test_plans_pass_the_check_whatever_the_tasks(vocabulary, task, profile, case, encoders):
    found = profiles(task, profile)[case]
    if case == "images" and "image" not in encoders:
        with pytest.raises(MissingError, match="polytask weights get image"):
            write(found, budget=parse("5m"), encoders=encoders)
        return
    text = write(found, budget=parse("5m"), encoders=encoders)
    check_text(text, vocabulary)
    assert max(map(len, text.splitlines())) <= 100
    assert "\n\n\n\n" not in text
    if not encoders:
        assert "Probe" not in text
        names = "text multilingual" if case == "apart" else "text"
        assert f"`polytask weights get {names}`" in " ".join(text.split())


def test_the_plan_says_what_it_does_and_costs(task, profile):
    text = write(profiles(task, profile)["snips"], budget=parse("10m"))
    told = ast.get_docstring(ast.parse(text))
    assert told.startswith("How to learn 2 tasks of tasks.yaml: intent, slots.")
    assert "The budget of 10m has room for" in " ".join(told.split())
    assert "everything before the last search about" in " ".join(told.split())
    for setting in SETTINGS["text"]:
        assert f"    ({setting.recipe}, [" in text
        assert setting.why[1:] in " ".join(text.replace("#", "").split())
    assert text.count("about ") >= 5


@pytest.mark.parametrize(
    ("budget", "room"),
    [(5.0, "a part of the quick models"), (100.0, "what comes before"), (1e6, "all of it")],
)
def test_the_plan_says_how_far_the_budget_reaches(task, profile, budget, room):
    told = ast.get_docstring(ast.parse(write(profile(task("x")), budget=Budget(budget))))
    assert f"room for {room}" in " ".join(told.split())


def test_the_budget_changes_no_candidate(task, profile):
    found = profiles(task, profile)["eleven"]
    plans = [write(found, budget=parse(budget)) for budget in ("1m", "30m")]
    trees = [ast.parse(plan) for plan in plans]
    assert plans[0] != plans[1]
    for tree in trees:
        tree.body.pop(0)  # the docstring tells how far the budget reaches
    assert ast.dump(trees[0]) == ast.dump(trees[1])


def test_the_margin_sets_the_tolerance(task, profile):
    text = write(profiles(task, profile)["snips"], budget=parse("5m"), margin=0.03)
    assert "TOLERANCE = 0.03\n" in text
    assert "3 points" in text


def combined(operations):
    return next((item[1:] for item in operations.log if item[0] == "combine"), ({}, {}))


def dev_of(joint=0.0, **alone):
    """Dev of a candidate: more with every setting; joint parts differ by `joint` (by task)."""

    def dev(tasks, recipe):
        passes = [f"FineTune(epochs={number}" for number in (1, 3, 6)]
        order = ["TfidfLinear", "Probe", "TopLayers", *passes]
        level = next(n for n, start in enumerate(order) if recipe.startswith(start))
        gain = joint if isinstance(joint, dict) else dict.fromkeys(tasks, joint)
        together = len(tasks) > 1
        return {
            t: 0.5 + 0.05 * level + alone.get(t, 0.0) + (gain.get(t, 0.0) if together else 0.0)
            for t in tasks
        }

    return dev


def test_quick_models_come_first_for_every_task(play, recorder, task, profile):
    operations = recorder(["intent", "slots"])
    play(profiles(task, profile)["snips"], operations)
    quick = [(("intent",), "TfidfLinear()"), (("slots",), "TfidfLinear()")]
    quick += [(("intent",), "Probe()")]  # none for tags, where it is poor
    assert operations.trained()[:3] == quick


def test_a_joint_part_that_loses_nothing_answers_its_tasks(play, recorder, task, profile):
    operations = recorder(["intent", "slots"], dev=dev_of(joint=0.02))
    assert play(profiles(task, profile)["snips"], operations).status == "finished"
    parts, controls = combined(operations)
    best = LAST
    assert set(parts.values()) == {f"intent+slots:{best}"}
    assert controls == {task: f"{task}:{best}" for task in ("intent", "slots")}
    assert any("intent: shared" in line and "+0.020" in line for line in operations.said())


@pytest.mark.parametrize(("gain", "shared"), [(0.0, False), (0.02, True)])
def test_a_part_is_not_shared_for_a_task_of_a_program(play, recorder, task, profile, gain, shared):
    operations = recorder(["intent", "slots"], dev=dev_of(joint=gain))
    play(replace(profiles(task, profile)["snips"], answered=("slots",)), operations)
    parts, controls = combined(operations)
    assert parts["slots"] == controls["slots"]
    assert (parts["intent"] != controls["intent"]) == shared


def test_every_joint_part_has_controls_of_the_same_setting(play, recorder, task, profile):
    operations = recorder([f"t{n}" for n in range(11)], dev=dev_of())
    play(profiles(task, profile)["eleven"], operations)
    trained = operations.trained()
    for names, recipe in trained:
        assert all(((name,), recipe) in trained for name in names)
    assert len(trained) == len(set(trained))


def test_a_task_that_sharing_hurts_goes_back_to_its_control(play, recorder, task, profile):
    operations = recorder(["intent", "slots"], dev=dev_of(joint=-0.02))
    play(profiles(task, profile)["snips"], operations)
    parts, controls = combined(operations)
    assert parts == controls
    assert any("kept apart" in line and "-0.020" in line for line in operations.said())


def test_a_task_that_others_help_may_be_answered_by_a_joint_part_alone(
    play, recorder, task, profile
):
    operations = recorder(["intent", "slots"], dev=dev_of(joint={"intent": 0.03, "slots": -0.03}))
    play(profiles(task, profile)["snips"], operations)
    parts, controls = combined(operations)
    assert parts["intent"].startswith("intent+slots:")
    assert parts["slots"] == controls["slots"]
    assert any("intent: helped by slots, FineTune" in line for line in operations.said())


@pytest.mark.parametrize(("rows", "shared"), [(4990, False), (5000, True)])
def test_where_few_rows_judge_any_loss_counts(play, recorder, task, profile, rows, shared):
    found = profile(task("a", rows=5000), task("b", rows=rows))  # a tenth of them in dev
    operations = recorder(["a", "b"], dev=dev_of(joint={"a": 0.0, "b": -0.005}))
    play(found, operations)
    parts, controls = combined(operations)
    assert (parts["b"] != controls["b"]) is shared


def test_no_loss_is_none_where_few_rows_judge(play, recorder, task, profile):
    operations = recorder(["a", "b"], dev=dev_of())
    play(profile(task("a", rows=1200), task("b", rows=1200)), operations)
    parts, _ = combined(operations)
    assert parts["a"] == parts["b"]


def test_rows_in_folds_are_all_judged(task, profile):
    found = profile(*(task(name, rows=3000, n_test=3000, n_dev=400, folds=5) for name in "ab"))
    assert "FEW: list[str] = []\n" in write(found, budget=parse("5m"))


def test_losers_leave_the_company_and_the_rest_try_again(play, recorder, task, profile):
    found = profile(task("a"), task("b"), task("c"))

    def dev(tasks, recipe):
        joint = {"a": 0.01, "b": 0.01, "c": -0.05} if "c" in tasks else {"a": 0.02, "b": 0.02}
        return dev_of(joint=joint)(tasks, recipe)

    operations = recorder(["a", "b", "c"], dev=dev)
    play(found, operations)
    assert (("a", "b"), LAST) in operations.trained()
    parts, controls = combined(operations)
    assert parts["a"] == parts["b"]
    assert parts["a"].startswith("a+b:")
    assert parts["c"] == controls["c"]


def test_errors_count_downwards_in_units_of_their_spread(play, recorder, task, profile):
    def dev(tasks, recipe):
        found = dev_of(joint=0.01)(tasks, recipe)
        return {t: 12.5 * (2 - v) if t == "price" else v for t, v in found.items()}

    class Signed(recorder):
        def compare(self, shared, controls):
            found = super().compare(shared, controls)
            return {
                t: {**v, "gain": -v["gain"] if t == "price" else v["gain"]}
                for t, v in found.items()
            }

    operations = Signed(["price", "kind"], dev=dev)
    play(profiles(task, profile)["errors"], operations)
    parts, controls = combined(operations)
    assert parts["price"] == parts["kind"]
    assert "epochs=6" in controls["price"]  # the least error, not the greatest
    assert any("price: shared" in line and "+0.010" in line for line in operations.said())


def test_what_cannot_be_trained_is_left_out_and_said(play, recorder, task, profile):
    operations = recorder(["x", "y"], dev=lambda tasks, _: None if "y" in tasks else {"x": 0.7})
    assert play(profile(task("x"), task("y")), operations).status == "finished"
    assert set(combined(operations)[0]) == {"x"}
    assert any(line.startswith("y: nothing could be trained") for line in operations.said())


def test_without_anything_trained_there_is_no_model(play, recorder, task, profile):
    outcome = play(profile(task("x")), recorder(["x"], dev=lambda *_: None))
    assert outcome.status == "unfinished"


def test_images_without_weights_are_left_out_and_text_goes_on(play, recorder, task, profile):
    found = profile(task("x"), task("ct", modality="image", language=""))
    operations = recorder(["x", "ct"])
    assert play(found, operations, encoders=("text",)).status == "finished"
    assert {names for names, _ in operations.trained()} == {("x",)}


def cost(tasks, recipe):
    each = {"T": 1.0, "P": 2.0, "F": 20.0}["F" if "Layers" in recipe else recipe[0]]
    return each * len(tasks) * (2.0 if "=6" in recipe else 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("case", ["snips", "eleven"])
def test_more_budget_never_ends_worse_and_tries_nothing_else(play, recorder, task, profile, case):
    found = profiles(task, profile)[case]
    gains = {name: 0.01 * (n % 3 - 1) for n, name in enumerate(found)}
    whole = recorder(list(found), dev=dev_of(joint=gains), cost=cost, budget=1e6)
    play(found, whole, name="whole.sqlite")
    reached = dict.fromkeys(found, 0.0)
    for number, budget in enumerate((10, 30, 100, 200, 400, 900, 1500, 5000)):
        operations = recorder(list(found), dev=dev_of(joint=gains), cost=cost, budget=budget)
        outcome = play(found, operations, name=f"{number}.sqlite")
        tried = [one for one in operations.trained() if one in whole.trained()]
        assert len(tried) == len(set(tried))
        ladder = [one for one in tried if len(one[0]) > 1]
        rest = iter(whole.trained())
        assert all(one in rest for one in ladder)  # joint parts: a subsequence
        if outcome.status != "finished":
            continue
        for name, part in combined(operations)[0].items():
            dev = operations._dev(part)[name]
            assert dev >= reached[name] - 0.01
            reached[name] = max(dev, reached[name])


def test_controls_that_could_not_be_afforded_are_said(play, recorder, task, profile):
    # The quick models fit, then one joint FineTune, and not its controls.
    budget = 4 + 40 + 10
    operations = recorder(["intent", "slots"], dev=dev_of(joint=0.1), cost=cost, budget=budget)
    assert play(profiles(task, profile)["snips"], operations).status == "finished"
    said = operations.said()
    assert any("no time for a control with FineTune(epochs=3" in line for line in said)
    assert any("candidates, the first intent: FineTune(epochs=3" in line for line in said)


def test_a_plan_can_be_stepped_through_in_ordinary_python(
    tmp_path, recorder, task, profile, monkeypatch, vocabulary
):
    import runpy

    import polytask.plan

    monkeypatch.setattr(polytask.plan, "_vocabulary", lambda: vocabulary)
    path = tmp_path / "plan.py"
    path.write_text(write(profiles(task, profile)["snips"], budget=parse("5m")))
    operations = recorder(["intent", "slots"], dev=dev_of(joint=0.02))
    with polytask.plan.using(operations):
        runpy.run_path(str(path))
    assert operations.log[-1] == ("finish", "model")
    assert len(combined(operations)[0]) == 2


def test_images_with_classes_get_a_kernel_probe_beside_the_probe(task, profile) -> None:
    image = {"modality": "image", "language": "", "mean_length": 0.0, "rows": 400}
    found = profile(task("ct", **image), task("age", "m", kind="regression", **image))
    text = write(found, budget=parse("5m"))
    quick = text[text.index("QUICK = [") :]
    assert "(Probe(), t)" in quick
    assert '(KernelProbe(), ["ct"])' in quick
    assert "KernelProbe" not in write(profile(task("x")), budget=parse("5m"))


def test_what_is_shared_is_trained_again_with_its_controls(play, recorder, task, profile):
    operations = recorder(["intent", "slots"], dev=dev_of(joint=0.02))
    play(profiles(task, profile)["snips"], operations)
    arms = [("intent", "slots"), ("intent",), ("slots",)]
    assert operations.again() == [(names, LAST, number) for number in (1, 2) for names in arms]
    assert operations.repeats == {
        f"{'+'.join(names)}:{LAST}": [f"{'+'.join(names)}:{LAST}#{n}" for n in (1, 2)]
        for names in arms
    }


def test_only_repeats_and_teachers_leave_a_trace_in_the_journal(
    tmp_path, play, recorder, task, profile, journal_of
):
    found = profiles(task, profile)["snips"]
    told = []
    for number, joint in enumerate((-0.02, 0.02)):
        play(found, recorder(["intent", "slots"], dev=dev_of(joint=joint)), name=f"{number}.sqlite")
        with journal_of((tmp_path / "plan.py").read_text(), f"{number}.sqlite") as journal:
            told.append([c for c in journal.calls() if c.operation in ("train", "combine")])
    names = {"train": {"tasks", "recipe"}, "combine": {"parts", "controls"}}
    more = [set(call.arguments) - names[call.operation] for call in told[0]]
    assert [names for names in more if names] == [{"teachers"}]
    assert [call.arguments.get("repeat") for call in told[1]][-7:] == [1, 1, 1, 2, 2, 2, None]
    assert len(told[1][-1].arguments["repeats"]) == 3


def test_a_control_without_luck_is_not_trained_again(play, recorder, task, profile):
    def dev(tasks, recipe):
        found = dev_of(joint=0.2)(tasks, recipe)
        return {t: 0.75 if recipe == "TfidfLinear()" else found[t] for t in tasks}

    operations = recorder(["intent", "slots"], dev=dev)
    play(profiles(task, profile)["snips"], operations)
    assert set(combined(operations)[1].values()) == {"intent:TfidfLinear()", "slots:TfidfLinear()"}
    assert {names for names, _, _ in operations.again()} == {("intent", "slots")}
    assert list(operations.repeats) == [f"intent+slots:{LAST}"]


@pytest.mark.parametrize("case", ["snips", "one"])
def test_where_nothing_is_shared_nothing_is_trained_again(play, recorder, task, profile, case):
    found = profiles(task, profile)[case]
    operations = recorder(list(found), dev=dev_of(joint=-0.02))
    assert play(found, operations).status == "finished"
    assert operations.again() == []
    assert operations.repeats == {}


@pytest.mark.parametrize(("spare", "seeds"), [(0, 0), (159, 0), (160, 1), (319, 1), (320, 2)])
def test_seeds_are_repeated_where_the_budget_allows(play, recorder, task, profile, spare, seeds):
    # Quick models 4, two settings of 80 and 160 (a joint part of two tasks, two controls).
    operations = recorder(
        ["intent", "slots"], dev=dev_of(joint=0.02), cost=cost, budget=4 + 80 + 160 + spare + 0.5
    )
    assert play(profiles(task, profile)["snips"], operations).status == "finished"
    assert len(operations.again()) == 3 * seeds
    assert [len(others) for others in operations.repeats.values()] == [seeds] * 3


def test_a_repeat_with_one_arm_done_is_not_used(play, recorder, task, profile):
    class Failing(recorder):
        def train(self, tasks, recipe, repeat=0, **lineage):
            found = super().train(tasks, recipe, repeat, **lineage)
            if repeat == 2 and tasks == ["slots"]:
                found |= {"status": "no time", "part": "", "dev": {}}
            return found

    operations = Failing(["intent", "slots"], dev=dev_of(joint=0.02))
    play(profiles(task, profile)["snips"], operations)
    assert len(operations.again()) == 6
    assert [len(others) for others in operations.repeats.values()] == [1, 1, 1]


def test_controls_wait_where_their_joint_part_does_not_fit(play, recorder, task, profile):
    # All three together cost too much; the two that share rows fit, and their controls come first.
    tasks = [task("a", table="one"), task("b", table="one"), task("c", table="two")]

    def dear(tasks, recipe):
        return 1000.0 if len(tasks) == 3 else cost(tasks, recipe)

    operations = recorder(["a", "b", "c"], dev=dev_of(joint=0.1), cost=dear, budget=150)
    assert play(profile(*tasks), operations).status == "finished"
    trained = [names for names, recipe in operations.trained() if "FineTune(epochs=3" in recipe]
    assert trained == [("a", "b", "c"), ("a", "b"), ("a",), ("b",), ("c",)]
