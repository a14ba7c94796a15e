"""Hold a shared part against controls on dev."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from polytask._errors import PlanError
from polytask.evaluation.certificate import certify
from polytask.evaluation.interval import Pair
from polytask.workflow import scoring
from polytask.workflow.assessing import group_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from polytask.evaluation.prediction import Prediction
    from polytask.workflow.state import State


def compare(state: State, shared: str, controls: Mapping[str, str]) -> dict[str, Any]:
    """Gains of `shared` over `controls` on dev rows, with intervals and verdicts."""
    pairs = {}
    for task, control in controls.items():
        truth, positions = scoring.targets(state.taskset, task, "dev")
        pairs[task] = Pair(
            task=state.taskset[task],
            targets=truth,
            shared=_answers(state, shared, task),
            control=_answers(state, control, task),
            groups=group_of(state.taskset, task, positions),
        )
    verdicts = certify(
        pairs, margin=float(state.settings["margin"]), seed=int(state.settings["seed"])
    )
    return {
        task: {
            "gain": found.gain.value,
            "low": found.gain.low,
            "high": found.gain.high,
            "verdict": found.verdict,
        }
        for task, found in verdicts.items()
    }


def _answers(state: State, part: str, task: str) -> Prediction:
    scores = scoring.load(state.folder.parts / part / "dev.safetensors")
    if task not in scores:
        raise PlanError(f"The part {part!r} was not trained for the task {task!r}")
    return scoring.judged(state.taskset, task, "dev", scores[task]).answers()
