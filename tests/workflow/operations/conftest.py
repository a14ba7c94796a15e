"""The worker's state without a worker: operations are called in this process."""

from __future__ import annotations

import json
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

HELPED = FOLDED + (
    "helpers:\n"
    "  far: {data: more/far.jsonl, input: text, target: kind}\n"
    "  mood: {data: more/near.jsonl, input: text, target: mood}\n"
    "  theme: {data: more/near.jsonl, input: text, target: topic}\n"
)

HALF_FOLDED = FOLDED + (
    "  mood: {data: {train: data/dev.jsonl, test: data/test.jsonl}, input: text, target: mood}\n"
)


@pytest.fixture
def make_state(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_job: Any,
    make_rows: Any,
    tiny_encoder: Path,
) -> Callable[..., State]:
    """Makes run folders over one job and gives their states; `events` of a state is its log."""
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path / "home"))
    job = make_job(tmp_path / "job")
    (job / "folded.yaml").write_text(FOLDED, encoding="utf-8")
    (job / "helped.yaml").write_text(HELPED, encoding="utf-8")
    (job / "more").mkdir()
    for name, found in (("near", make_rows(60, seed=9)), ("far", _far())):
        text = "\n".join(map(json.dumps, found))
        (job / "more" / f"{name}.jsonl").write_text(text, encoding="utf-8")
    (job / "half_folded.yaml").write_text(HALF_FOLDED, encoding="utf-8")

    def made(name: str = "run", source: str = "tasks.yaml", **options: Any) -> State:
        settings = Settings(threads=1, dtype="float32", encoder=str(tiny_encoder), **options)
        folder = create(job / source, "5m", tmp_path / name, settings)
        return State(folder, settings.plain(), _Events())

    return made


def _far() -> list[dict[str, str]]:
    return [{"text": f"({n}) 1 + {n} = ?", "kind": "ab"[n % 2]} for n in range(60)]


class _Events(list[dict[str, Any]]):
    def __call__(self, event: Any) -> None:
        self.append(dict(event))


@pytest.fixture
def state(make_state: Callable[..., State]) -> State:
    """A state with nothing trained."""
    return make_state()
