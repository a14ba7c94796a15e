import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import polytask.plan
from polytask._errors import PlanError
from polytask.planning.stubs import operation_names, results, signature
from polytask.workflow.checking import VOCABULARY, check_plan


class Recorder:
    def __init__(self):
        self.log = []

    def __getattr__(self, name):
        def operation(*args):
            self.log.append((name, *args))
            return f"{name} answered"

        return operation


CALLS = {
    "tasks": ("tasks.yaml",),
    "profile": ("a",),
    "helpers": ("a",),
    "train": (["a"], "Probe()", 1, "part", {"a": "part"}),
    "train_all": ([{"tasks": ["a"], "recipe": "Probe()"}],),
    "compare": ("p", {"a": "q"}),
    "affinity": ("p",),
    "evidence": (["a", "b"], ["p"]),
    "suggest": ("a", "tpe", {"Probe()": 0.5}, 2, 3),
    "combine": ({"a": "p"}, {"a": "q"}, {"p": ["r"]}, {"choices": [{"a": "p"}]}),
    "cost": ("p",),
    "try_plan": ("x = 1", 30.0),
    "draft": (30.0, "x = 1", "failed"),
    "seconds_left": (),
    "say": ("text",),
    "finish": ("model",),
}


@pytest.mark.parametrize("name", operation_names())
def test_every_operation_hands_over_to_whoever_is_named(name):
    with polytask.plan.using(Recorder()) as recorder:
        getattr(polytask.plan, name)(*CALLS[name])
    assert recorder.log == [(name, *CALLS[name])]


@pytest.mark.parametrize("name", operation_names())
def test_signatures_are_those_of_the_protocol(name):
    import inspect

    assert inspect.signature(getattr(polytask.plan, name)) == signature(name)


@pytest.mark.parametrize("name", operation_names())
def test_without_anybody_named_the_way_out_is_told(name):
    with pytest.raises(PlanError, match=rf"`{name}` needs somebody.*polytask run plan\.py.*using"):
        getattr(polytask.plan, name)(*CALLS[name])


def test_naming_ends_with_the_block_and_nests():
    outer, inner = Recorder(), Recorder()
    with polytask.plan.using(outer):
        with polytask.plan.using(inner):
            polytask.plan.say("inner")
        polytask.plan.say("outer")
    assert (outer.log, inner.log) == ([("say", "outer")], [("say", "inner")])
    with pytest.raises(PlanError):
        polytask.plan.say("nobody")


def test_everything_a_plan_may_import_is_there():
    for name in VOCABULARY.names():
        assert name in dir(polytask.plan)
        assert getattr(polytask.plan, name) is not None
    assert set(results()) <= set(polytask.plan.__all__)


def test_recipes_give_their_text_form():
    from polytask.plan import FineTune, Uncertainty

    assert FineTune(epochs=5) == "FineTune(epochs=5)"
    assert FineTune(balancer=Uncertainty()) == "FineTune(balancer=Uncertainty())"


def test_unknown_names_are_refused():
    with pytest.raises(ImportError):
        from polytask.plan import Nothing  # noqa: F401


def test_a_plan_runs_as_ordinary_python(tmp_path):
    path = tmp_path / "plan.py"
    path.write_text(
        "from polytask.plan import FineTune, finish, tasks, train\n"
        "t = tasks('tasks.yaml')\ntrain(['a'], FineTune(epochs=1))\nfinish('model')\n"
    )
    with polytask.plan.using(Recorder()) as recorder:
        found = runpy.run_path(str(path))
    assert found["t"] == "tasks answered"
    assert recorder.log[1] == ("train", ["a"], "FineTune(epochs=1)", 0, "", {})


def test_the_module_is_called_to_write_a_plan(monkeypatch):
    told = {}

    def write(source, **options):
        told.update(source=source, **options)
        return ["plan.py"]

    monkeypatch.setattr("polytask.workflow.planning.write", write)
    assert polytask.plan("data", out="plan.py", budget="5m") == ["plan.py"]
    assert told == {"source": "data", "out": "plan.py", "budget": "5m"}


def test_importing_a_plan_loads_nothing_heavy():
    code = (
        "import sys; from polytask.plan import tasks, FineTune; FineTune(epochs=2); "
        "heavy = {'torch', 'transformers', 'sklearn', 'scipy'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


EXAMPLES = Path(__file__).parent.parent / "examples"
SEARCH = EXAMPLES / "searched_weights.py"
RECIPES = EXAMPLES / "searched_recipes.py"


class Weighed(Recorder):
    """Joint trainings gain most where the first task weighs four times the second."""

    def tasks(self, _source):
        return ["a", "b"]

    def train(self, tasks, recipe, *_):
        weights = [float(w) for w in re.findall(r"\d\.\d+", recipe)] if len(tasks) > 1 else []
        self.log.append((tuple(tasks), recipe, weights))
        return {"status": "done", "part": recipe if weights else tasks[0], "recipe": recipe}

    def compare(self, shared, _controls):
        first, second = next(w for *_, recipe, w in self.log if recipe == shared)
        gain = 0.01 - abs(first / second - 4) / 100
        return {"a": {"gain": gain}, "b": {"gain": -0.001}}

    def combine(self, parts, *_):
        self.log.append(("parts", parts))


def test_the_example_finds_the_weights_that_gain_most():
    with polytask.plan.using(Weighed()) as recorder:
        runpy.run_path(str(SEARCH))
    trained = [one for one in recorder.log if isinstance(one[0], tuple)]
    assert [len(tasks) for tasks, *_ in trained] == [1, 1, 2, 2, 2, 2, 2, 2]
    assert all(sum(weights) == pytest.approx(2) for *_, weights in trained[2:])
    assert trained[-1][2] == pytest.approx([1.6, 0.4])
    assert ("parts", {"a": trained[-1][1], "b": "b"}) in recorder.log
    assert ("say", "weights: a 2, b 0.5") in recorder.log


class Sampled(Weighed):
    """The sampler counts; of `a` more is better, of `b` less; the third fails, the last is late."""

    def __init__(self, last):
        super().__init__()
        self.last = last

    def profile(self, task):
        return {"metric": {"a": "accuracy", "b": "rmse"}[task]}

    def suggest(self, task, _sampler, tried, *_):
        self.log.append(("suggest", task, dict(tried)))
        return [f"FineTune(epochs={len(tried)})"] if len(tried) < 99 else []

    def train(self, tasks, recipe, *_):
        number = int("0" + "".join(filter(str.isdigit, recipe)))
        status = {3: "failed", self.last: "no time"}.get(number, "done")
        found = {"part": f"{tasks[0]}{number}", "recipe": recipe, "dev": {tasks[0]: float(number)}}
        return {**found, "status": status, "reason": "why"}


@pytest.mark.parametrize(("last", "count"), [(5, 5), (99, 13)])
def test_the_example_trains_what_the_sampler_says_and_delivers_the_best(last, count):
    with polytask.plan.using(Sampled(last)) as recorder:
        runpy.run_path(str(RECIPES))
    asked = [one for one in recorder.log if one[0] == "suggest"]
    assert [task for _, task, _ in asked[:4]] == ["a", "b", "a", "b"]
    assert asked[4][2] == {"Probe()": 0, "FineTune(epochs=1)": 1, "FineTune(epochs=2)": 2}
    assert asked[7][2]["FineTune(epochs=3)"] == -2.0, "what failed counts as the worst"
    assert ("parts", {"a": f"a{count - 1}", "b": "b0"}) in recorder.log
    assert ("say", f"a: FineTune(epochs={count - 1}), the best of {count}") in recorder.log


@pytest.mark.parametrize("example", [SEARCH, RECIPES])
def test_the_example_is_a_plan(tmp_path, example):
    text = "tasks:\n  a: {data: rows.csv, target: a}\n"  # the data are not read
    (tmp_path / "tasks.yaml").write_text(text, encoding="utf-8")
    check_plan(Path(shutil.copy(example, tmp_path)))
