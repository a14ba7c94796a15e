"""The worker's state without a worker: operations are called in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from polytask.workflow.creating import create
from polytask.workflow.settings import Settings
from polytask.workflow.state import State

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FOLDED = """tasks:
  topic: {data: data/train.jsonl, input: text, target: topic, split: {folds: 3}}
"""

HALF_FOLDED = FOLDED + (
    "  mood: {data: {train: data/dev.jsonl, test: data/test.jsonl}, input: text, target: mood}\n"
)


@pytest.fixture
def make_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_job: Any, tiny_encoder: Path
) -> Callable[..., State]:
    """Makes run folders over one job and gives their states; `events` of a state is its log."""
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path / "home"))
    job = make_job(tmp_path / "job")
    (job / "folded.yaml").write_text(FOLDED, encoding="utf-8")
    (job / "half_folded.yaml").write_text(HALF_FOLDED, encoding="utf-8")

    def made(name: str = "run", source: str = "tasks.yaml", **options: Any) -> State:
        settings = Settings(threads=1, dtype="float32", encoder=str(tiny_encoder), **options)
        folder = create(job / source, "5m", tmp_path / name, settings)
        return State(folder, settings.plain(), _Events())

    return made


class _Events(list[dict[str, Any]]):
    def __call__(self, event: Any) -> None:
        self.append(dict(event))


@pytest.fixture
def state(make_state: Callable[..., State]) -> State:
    """A state with nothing trained."""
    return make_state()
