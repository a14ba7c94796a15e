"""Values in, values out, and refusals before anything runs."""

import numpy as np
import pytest

from polytask._errors import CodeError, ConfigError, MissingError
from polytask.isolation import Limits, run
from polytask.isolation import ways as there
from polytask.isolation.enclosing import chosen


@pytest.fixture
def code(tmp_path):
    path = tmp_path / "code.py"
    path.write_text("def main(inputs):\n    return {**inputs, 'twice': inputs['x'] * 2}\n")
    return path


def test_plain_data_and_arrays_go_in_and_out(way, code):
    given = {"x": np.arange(6, dtype=np.float32).reshape(2, 3), "names": ["a", None, {"b": 1.5}]}
    found = run(code, {**given, "flags": np.array([True, False])}, way=way)
    assert found["names"] == given["names"]
    assert found["flags"].tolist() == [True, False]
    assert found["twice"].dtype == np.float32
    np.testing.assert_array_equal(found["twice"], 2 * given["x"])


def test_the_same_code_gives_the_same(way, code):
    code.write_text("def main(inputs):\n    return {'order': list({'a', 'b', 'c', 'd'})}\n")
    assert run(code, {}, way=way) == run(code, {}, way=way)


@pytest.mark.slow
def test_torch_learns_inside(way, code):
    code.write_text(
        "import torch\ndef main(inputs):\n    layer = torch.nn.Linear(3, 1)\n"
        "    torch.nn.functional.mse_loss(layer(torch.ones(2, 3)), torch.ones(2, 1)).backward()\n"
        "    return {'shape': list(layer.weight.grad.shape)}\n"
    )
    assert run(code, {}, way=way, limits=Limits(memory=4 * 2**30)) == {"shape": [1, 3]}


def test_what_it_printed_stands_in_the_error(way, code):
    code.write_text("def main(inputs):\n    print('so far')\n    raise KeyError('rows')\n")
    with pytest.raises(CodeError, match=r"(?s)code.py failed.*so far.*KeyError: 'rows'") as found:
        run(code, {}, way=way)
    assert str(found.value).endswith("code.py:3: KeyError: 'rows'")  # and nothing of what ran it


def test_a_mark_of_byte_order_is_no_code(way, code):
    code.write_text("\ufeff" + code.read_text())
    assert run(code, {"x": 2}, way=way)["twice"] == 4


def test_code_that_cannot_be_read_or_has_no_main_is_refused(way, code, tmp_path):
    with pytest.raises(CodeError, match="cannot be read as UTF-8"):
        run(tmp_path / "absent.py", {}, way=way)
    code.write_text("x = 1\n")
    with pytest.raises(CodeError, match=r"has no function `main\(inputs\)`"):
        run(code, {}, way=way)
    code.write_text("def main(:\n")
    with pytest.raises(CodeError, match="SyntaxError"):
        run(code, {}, way=way)


def test_inputs_that_are_no_data_are_refused(way, code, tmp_path):
    with pytest.raises(ConfigError, match="plain data or arrays"):
        run(code, {"x": object()}, way=way)
    with pytest.raises(ConfigError, match="absent is not there"):
        run(code, {}, files=[tmp_path / "absent"], way=way)


def test_without_a_way_nothing_runs(monkeypatch, code):
    monkeypatch.setattr("polytask.isolation.enclosing.ways", lambda: ())
    with pytest.raises(MissingError, match="apt install bubblewrap"):
        run(code, {"x": 1})
    with pytest.raises(ConfigError, match="`way` is 'bubblewrap' or 'landlock'; found 'docker'"):
        run(code, {"x": 1}, way="docker")


def test_a_process_that_cannot_be_shut_in_runs_no_code(monkeypatch, code):
    from polytask.isolation import running

    if "landlock" not in there():
        pytest.skip("this machine has no Landlock")
    code.write_text("raise RuntimeError('it ran')\n")
    found = running.command

    def command(*args):
        asked, environment = found(*args)
        return [word.replace('"readable": [', '"readable": ["/absent", ') for word in asked], (
            environment
        )

    monkeypatch.setattr(running, "command", command)
    with pytest.raises(MissingError, match=r"code.py was not run: it could not be shut in.*absent"):
        run(code, {}, way="landlock")


def test_the_better_way_is_taken():
    if there():
        assert chosen(None) == there()[0]


def test_limits_are_above_nothing():
    with pytest.raises(ConfigError, match="`seconds` of code's limits is above 0"):
        Limits(seconds=0)
