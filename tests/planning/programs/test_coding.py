import pytest

from polytask._errors import PlanError
from polytask.isolation import ways
from polytask.planning.programs import Code, Doors, Program, RowBudget, run

if not ways():
    pytest.skip("this machine has no way to shut code in", allow_module_level=True)

TIDY = "import re\ndef main(inputs):\n    return re.sub('[^a-z ]', '', inputs.lower())\n"
TEXT = """from polytask.program import predict, run_code

def f(row):
    tidy = run_code("tidy.py", row["text"])
    return [tidy, predict("next", tidy)["label"]]
"""
PROGRAM = Program("f", TEXT, ("next",), "f.py", (Code("tidy.py", TIDY),))


def labelled(_, rows):
    return [{"label": str(len(row))} for row in rows]


def told(body, code, inputs, **budget):
    """What a program returns for inputs that it gives to a file of code."""
    text = f"from polytask.program import run_code\ndef f(row):\n    {body}\n"
    program = Program("f", text, codes=(Code("a.py", code),))
    rows = [{"x": one} for one in inputs]
    return run(program, rows, Doors(labelled), budget=RowBudget(**budget))


def test_a_program_runs_code_beside_it():
    rows = [{"text": text} for text in ("Play IT!", "now", "Play IT!")]
    PROGRAM.check()
    found = run(PROGRAM, rows, Doors(labelled), trace=True)
    assert [one.value for one in found] == [["play it", "7"], ["now", "3"], ["play it", "7"]]
    assert [one.calls for one in found] == [2, 2, 2]
    assert found[0].lines() == [
        'line 4: run_code(\'tidy.py\', "Play IT!") → "play it"',
        'line 5: predict(\'next\', "play it") → {"label": "7"}',
        'returned ["play it", "7"]',
    ]


def test_calls_of_many_rows_are_one_process(monkeypatch):
    from polytask.isolation import rows as module

    started = []
    popen = module.subprocess.Popen
    monkeypatch.setattr(
        module.subprocess, "Popen", lambda *args, **more: started.append(1) or popen(*args, **more)
    )
    rows = [{"text": f"A {number}"} for number in range(40)]
    found = run(PROGRAM, rows, Doors(labelled), together=8)
    assert [one.value[0] for one in found] == ["a "] * 40
    assert len(started) == 1
    assert found == run(PROGRAM, rows, Doors(labelled), together=1)


BODY = "return run_code('a.py', row['x'])"
BROKEN = {
    "def main(inputs):\n    while inputs: pass\n": "stopped after 1 seconds",
    "def main(inputs):\n    return 1 / (1 - inputs)\n": r"ValueError: a\.py:2: ZeroDivisionError",
    "def main(inputs):\n    return bytes(2) if inputs else 0\n": "returns plain data",
    "import os\ndef main(inputs):\n    return os._exit(3) if inputs else 0\n": "ended with code 3",
}


@pytest.mark.slow
@pytest.mark.parametrize("code", BROKEN)
def test_an_error_of_code_is_one_of_its_row(code):
    first, broken, last = told(BODY, code, [0, 1, 0], code_seconds=1.0)
    assert first.reason == last.reason == ""
    with pytest.raises(ValueError, match=BROKEN[code]):
        raise ValueError(broken.reason)


def test_a_program_may_catch_an_error_of_code():
    body = "try:\n        return run_code('a.py', 1)\n    except ValueError as error:\n"
    (found,) = told(f"{body}        return str(error)[:4]", "def main(inputs):\n    1 / 0\n", [1])
    assert found.value == "a.py"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return run_code('b.py', 1)", r"run_code\('b\.py', …\)"),
        ("return run_code('../a.py', 1)", "run_code"),
        ("return run_code('a.py', {1, 2})", "not JSON serializable"),
        ("return run_code('a.py')", "TypeError"),
        ("while True: run_code('a.py', 1)", "the 5 calls"),
    ],
)
def test_a_call_that_cannot_be_made_says_why(body, reason):
    (found,) = told(body, "def main(inputs):\n    return 1\n", [1], calls=5)
    assert found.value is None
    with pytest.raises(ValueError, match=reason):
        raise ValueError(found.reason)


ESCAPES = [
    "open('/etc/hostname').read()",
    "open('/proc/1/environ').read()",
    "open(inputs['path']).read()",
    "open(inputs['path'], 'w').write('x')",
    "os.listdir(os.path.dirname(inputs['path']))",
    "__import__('socket').create_connection(('127.0.0.1', 9), 1)",
    "__import__('urllib.request').request.urlopen('http://127.0.0.1:9', timeout=1)",
    "__import__('subprocess').run(['ls'])",
    "1 / (os.system('ls') == 0)",
    "os.fork()",
    "os.kill(os.getppid(), 9)",
    "os.environ['POLYTASK_CANARY']",
    "__import__('multiprocessing.pool').pool.Pool(1)",
    "__import__('ctypes').CDLL(None).socket(2, 1, 0) + 1 / 0",
]


@pytest.mark.parametrize("body", ESCAPES)
def test_code_of_a_program_gets_out_by_no_route(monkeypatch, tmp_path, body):
    secret = tmp_path / "canary.txt"
    secret.write_text("the canary")
    monkeypatch.setenv("POLYTASK_CANARY", "the canary")
    code = f"import os\ndef main(inputs):\n    return str({body})\n"
    (found,) = told(BODY, code, [{"path": str(secret)}], code_seconds=20.0)
    assert found.value is None
    assert "a.py:3" in found.reason
    assert "the canary" not in found.reason
    assert secret.read_text() == "the canary"


def test_a_pickle_in_an_answer_is_never_opened(tmp_path):
    code = (
        "import os, pickle\nclass Bomb:\n    def __reduce__(self):\n"
        f"        return (open, ({str(tmp_path / 'boom')!r}, 'w'))\n"
        "def main(inputs):\n    os.write(3, pickle.dumps(Bomb())); os._exit(0)\n"
    )
    (found,) = told(BODY, code, [1])
    assert "no answer that can be read" in found.reason
    assert not (tmp_path / "boom").exists()


def test_nothing_of_a_row_reaches_the_code_of_the_next():
    code = "import builtins\ndef main(inputs):\n    found = getattr(builtins, 'kept', 0)\n"
    code += "    builtins.kept = inputs\n    return found\n"
    assert [one.value for one in told(BODY, code, [1, 2, 3])] == [0, 0, 0]


REFUSED = {
    "run_code(row['file'], 1)": "what is computed",
    "run_code('../a.py', 1)": "'../a.py'",
    "run_code('/etc/a.py', 1)": "'/etc/a.py'",
    "run_code('a.sh', 1)": "'a.sh'",
    "[call('a.py', 1) for call in [run_code]]": "what is computed",
}


@pytest.mark.parametrize("body", REFUSED)
def test_code_is_named_as_a_file_beside_the_program(tmp_path, body):
    path = tmp_path / "f.py"
    path.write_text(f"from polytask.program import run_code\ndef f(row):\n    return {body}\n")
    with pytest.raises(PlanError, match=rf"f\.py:3: .*found {REFUSED[body]}"):
        Program.read(path, "f")


def test_a_program_is_read_with_its_code(tmp_path):
    (tmp_path / "f.py").write_text(TEXT)
    (tmp_path / "tidy.py").write_text(TIDY)
    assert Program.read(tmp_path / "f.py", "f", ("next",)) == PROGRAM
    (tmp_path / "tidy.py").unlink()
    with pytest.raises(PlanError, match=r"tidy\.py cannot be read"):
        Program.read(tmp_path / "f.py", "f")
