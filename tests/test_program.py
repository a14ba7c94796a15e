import pytest

from polytask._errors import PlanError
from polytask.program import ask, predict, run_code, using


def test_a_program_is_ordinary_python_too():
    with using(lambda task, row: {"label": f"{task} of {row}"}):
        assert predict("mood", "hi") == {"label": "mood of hi"}
    with pytest.raises(PlanError, match="nobody answers here"):
        predict("mood", "hi")


def test_models_and_code_are_answered_by_whoever_is_named():
    with using(lambda *_: {}, ask=lambda prompt: f"{prompt}?", run_code=lambda _, inputs: inputs):
        assert ask("why") == "why?"
        assert run_code("a.py", [1]) == [1]
    with (
        using(lambda *_: {}),
        pytest.raises(PlanError, match=r"ask\(…\): nobody.*using\(answers, ask=ask\)"),
    ):
        ask("why")
