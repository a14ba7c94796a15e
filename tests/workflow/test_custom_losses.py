"""Runs whose loss is a user's file."""

from __future__ import annotations

import pytest

from polytask._errors import CodeError
from polytask.isolation import ways
from polytask.workflow.running import run

if not ways():
    pytest.skip("this machine has no way to shut code in", allow_module_level=True)

HINGE = """def main(inputs):
    losses, gradients = [], []
    for scores, target in zip(inputs["scores"], inputs["targets"]):
        right = inputs["labels"].index(target)
        others = [score for number, score in enumerate(scores) if number != right]
        rival = scores.index(max(others))
        short = 1 - scores[right] + scores[rival]
        slope = [float(number == rival) - float(number == right) for number in range(len(scores))]
        losses.append(max(0.0, short))
        gradients.append(slope if short > 0 else [0.0] * len(scores))
    LIMIT
    return {"losses": losses, "gradients": gradients}
"""
PLAN = """from polytask.plan import FineTune, TfidfLinear, combine, finish, say, tasks, train

t = tasks("tasks.yaml")
parts = {name: train([name], TfidfLinear())["part"] for name in t}
found = train(["topic"], FineTune(epochs=8, learning_rate=1e-2, batch_size=16, embeddings=True))
say(f"{found['status']}: {found['reason']}")
if found["status"] == "done":
    parts["topic"] = found["part"]
finish(combine(parts, parts))
"""


@pytest.fixture
def tuned(job, tiny_encoder):
    """Runs a plan that fine-tunes with a loss; gives the result and what the plan said."""

    def ran(code):
        (job / "loss.py").write_text(code)
        path, told = job / "tasks.yaml", "target: topic, steps: {loss: loss.py}"
        path.write_text(path.read_text().replace("target: topic", told))
        (job / "plan.py").write_text(PLAN)
        events = []
        options = {"encoder": str(tiny_encoder), "threads": 1, "listener": events.append}
        result = run(job / "plan.py", out=job / "run", budget="2m", **options)
        return result, [event["text"] for event in events if event["event"] == "say"]

    return ran


@pytest.mark.slow
def test_an_encoder_learns_by_it(tuned):
    result, said = tuned(HINGE.replace("    LIMIT\n", ""))
    assert said == ["done: "]
    assert result.report.tasks["topic"].value > 0.5  # three topics
    (told,) = (one.message for one in result.report.findings if one.code == "own_loss")
    assert told.startswith("0_loss.py gives the loss of topic where an encoder is trained")


@pytest.mark.slow
def test_code_that_fails_in_training_fails_that_candidate_alone(tuned):
    result, (said,) = tuned(HINGE.replace("LIMIT", "assert len(losses) < 10, 'too many'"))
    assert said.startswith("failed: The step `loss` of 'topic': loss.py")
    assert "too many" in said
    assert result.report.tasks["topic"].recipe == "TfidfLinear()"


def test_code_that_is_no_loss_is_refused_before_the_run(tuned, job):
    with pytest.raises(CodeError, match="its gradients are not those of its losses"):
        tuned(HINGE.replace("    LIMIT\n", "").replace("max(0.0, short)", "2.0 * max(0.0, short)"))
    assert not (job / "run").exists()
