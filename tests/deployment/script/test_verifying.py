"""Programs run where polytask is not."""

from __future__ import annotations

import pytest

from polytask._errors import RunError
from polytask.deployment.script.subject import Measured
from polytask.deployment.script.verifying import Verified, verified

SAID = {"task": Measured("accuracy", 0.8, 0.7, 0.9, 100)}


def program(folder, text):
    path = folder / "program.py"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.8, "identical"), (0.75, "within"), (0.69, "outside")]
)
def test_figures_are_held_against_the_interval(value, verdict):
    assert Verified("task", SAID["task"], value).verdict == verdict


def test_a_program_sees_packages_but_not_polytask(tmp_path):
    text = (
        "import json, importlib.util, numpy\n"
        "assert importlib.util.find_spec('polytask') is None\n"
        "print('working')\nprint(json.dumps({'task': 0.8}))\n"
    )
    assert [one.verdict for one in verified(program(tmp_path, text), SAID)] == ["identical"]


def test_rows_and_data_are_found_in_another_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "program.rows.json").write_text("[0.7]", encoding="utf-8")
    text = (
        "import json, sys\nfrom pathlib import Path\n"
        'DATA = Path("data")\n'
        "assert sys.argv[1] == '--data' and Path(sys.argv[2]).is_dir()\n"
        "rows = json.loads(Path(__file__).with_suffix('.rows.json').read_text())\n"
        "print(json.dumps({'task': rows[0]}))\n"
    )
    assert verified(program(tmp_path, text), SAID)[0].found == 0.7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import polytask", "No module named 'polytask'"),
        ("print('nothing')", "printed no figures"),
        ("print('{\"other\": 1}')", "which is no task"),
    ],
)
def test_a_program_that_fails_is_an_error_that_says_why(tmp_path, text, message):
    with pytest.raises(RunError, match=message):
        verified(program(tmp_path, text), SAID)
