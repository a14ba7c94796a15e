import runpy
import subprocess
import sys

import pytest

import polytask.plan
from polytask._errors import PlanError
from polytask.planning.stubs import operation_names, results, signature
from polytask.workflow.checking import VOCABULARY


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
    "compare": ("p", {"a": "q"}),
    "combine": ({"a": "p"}, {"a": "q"}, {"p": ["r"]}),
    "try_plan": ("x = 1", 30.0),
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
