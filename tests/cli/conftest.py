"""Commands as a shell would run them, and small data to run them on."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("jobs", HERE.parent / "workflow" / "conftest.py")
assert _spec is not None
assert _spec.loader is not None
_jobs = importlib.util.module_from_spec(_spec)
sys.modules["jobs"] = _jobs  # a dataclass looks its module up
_spec.loader.exec_module(_jobs)
tiny_encoder, make_job = _jobs.tiny_encoder, _jobs.make_job  # fixtures of the workflow's tests

Contents = dict[str, bytes]


@dataclass(frozen=True)
class Answer:
    """What a command left: exit code, standard output and error, torch in memory or not."""

    code: int
    out: str
    err: str
    torch: bool

    def refuses(self, *patterns: str) -> None:
        """Assert a refusal: code 2, the patterns in its message, no traceback, no torch."""
        assert self.code == 2, self.err or self.out
        assert "Traceback" not in self.err
        assert not self.torch
        for pattern in patterns:
            assert re.search(pattern, self.err), f"{pattern!r} is not in: {self.err}"

    def succeeds(self, *patterns: str) -> None:
        """Assert success, with the patterns in the output (white space counts as one blank)."""
        assert self.code == 0, self.err
        flat = " ".join(self.out.split())
        for pattern in patterns:
            assert re.search(pattern, flat), f"{pattern!r} is not in: {flat}"


class Shell:
    """Runs commands in one other interpreter; a new one follows a command that loaded torch."""

    def __init__(self, home: Path) -> None:
        self.environment = {**os.environ, "POLYTASK_HOME": str(home), "COLUMNS": "200"}
        self._process = self._started()

    def _started(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(HERE / "driver.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self.environment,
            text=True,
        )

    def __call__(self, *words: Any, folder: Path = HERE, stdin: str = "") -> Answer:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"words": [str(word) for word in words], "folder": str(folder), "stdin": stdin}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = Answer(**json.loads(self._process.stdout.readline()))
        if answer.torch:
            self.stop()
            self._process = self._started()
        return answer

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="session")
def polytask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """Calls a command: `polytask("check", path).refuses("pattern")`."""
    shell = Shell(tmp_path_factory.mktemp("home"))
    yield shell
    shell.stop()


@pytest.fixture
def own_shell(tmp_path: Path) -> Iterator[Shell]:
    """As `polytask`, for commands that load torch: those of other tests are held to do without."""
    shell = Shell(tmp_path / "home")
    yield shell
    shell.stop()


@pytest.fixture
def untouched() -> Iterator[Callable[[Path], None]]:
    """Takes folders whose content must be the same at the end of the test."""
    before: dict[Path, Contents] = {}

    def watch(folder: Path) -> None:
        before[folder] = _contents(folder)

    yield watch
    for folder, contents in before.items():
        assert _contents(folder) == contents


def _contents(folder: Path) -> Contents:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    places = {str(path): b"folder" for path in folder.rglob("*") if path.is_dir()}
    return places | {str(path): path.read_bytes() for path in files}


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    """Writes a file below the test's folder `data`."""

    def file(name: str, content: str | bytes) -> Path:
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return file


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, polytask: Shell) -> Path:
    """A finished run without neural parts on a csv file beside it: `run`, `rows.csv`."""
    folder = tmp_path_factory.mktemp("finished")
    rows = [
        f"a {('great', 'awful')[i % 2]} film no {i},{('good', 'bad')[i % 2]},{i * 1.5}"
        for i in range(80)
    ]
    (folder / "rows.csv").write_text("\n".join(["text,mood,score", *rows]) + "\n", encoding="utf-8")
    (folder / "plan.py").write_text(PLAN, encoding="utf-8")
    polytask("init", folder / "rows.csv", "--out", folder / "tasks.yaml").succeeds("2 tasks")
    words = ["run", folder / "plan.py", "--out", folder / "run", "--budget", "5m", "--threads", "1"]
    polytask(*words, "--quiet").succeeds("mood")
    return folder


PLAN = """from polytask.plan import TfidfLinear, combine, finish, tasks, train

t = tasks("tasks.yaml")
parts = {name: train([name], TfidfLinear())["part"] for name in t}
finish(combine(parts, parts))
"""
