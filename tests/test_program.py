import pytest

from polytask._errors import PlanError
from polytask.program import predict, using


def test_a_program_is_ordinary_python_too():
    with using(lambda task, row: {"label": f"{task} of {row}"}):
        assert predict("mood", "hi") == {"label": "mood of hi"}
    with pytest.raises(PlanError, match="nobody answers here"):
        predict("mood", "hi")
