"""Weights of the tasks, searched: a plan that learns from short trainings how to run the long one.

Put it beside a `tasks.yaml` (`polytask init FILES` writes one) and run it: `polytask run
searched_weights.py`. Weights that are tuned on dev keep up with balancers that weigh by losses or
gradients (Kurin et al., 2022, arXiv 2201.04122; Xin et al., 2022, arXiv 2209.11379), at the price
of the short trainings: one, and two for each task.
"""

from polytask.plan import Constant, FineTune, Trained, combine, compare, finish, say, tasks, train

SHORT = 1  # epochs of a training that is there to judge weights
LONG = 3  # epochs of the one that is delivered, and of its controls

t = tasks("tasks.yaml")


def gains(joint: Trained, controls: dict[str, str]) -> dict[str, float]:
    """By task what sharing gains on dev, signed so that higher is better; none if not trained."""
    if joint["status"] != "done":
        return {}
    verdicts = compare(joint["part"], controls)
    return {task: verdicts[task]["gain"] for task in verdicts}


def alone(epochs: int) -> dict[str, str]:
    """A control for each task."""
    found = {task: train([task], FineTune(epochs=epochs)) for task in t}
    return {task: one["part"] for task, one in found.items() if one["status"] == "done"}


def together(weights: list[float], epochs: int) -> Trained:
    """All tasks jointly, the mean weight being 1 as in a plain sum."""
    scale = len(weights) / sum(weights)
    recipe = FineTune(epochs=epochs, balancer=Constant(weights=[scale * w for w in weights]))
    return train(t, recipe)


def search(controls: dict[str, str]) -> list[float]:
    """From equal weights, task by task half and twice its weight; what gains more is kept."""
    best = [1.0] * len(t)
    most = sum(gains(together(best, SHORT), controls).values())
    for i in range(len(t)):
        at = best[i]
        for weight in (0.5 * at, 2.0 * at):
            tried = [*best[:i], weight, *best[i + 1 :]]
            found = gains(together(tried, SHORT), controls)
            if found and sum(found.values()) > most:
                best, most = tried, sum(found.values())
    return best


controls = alone(LONG)
weights = search(controls)
say("weights: " + ", ".join(f"{task} {weight:g}" for task, weight in zip(t, weights, strict=True)))
joint = together(weights, LONG)
parts = dict(controls)
for task, gain in gains(joint, controls).items():
    if gain >= 0:
        parts[task] = joint["part"]
if parts:
    finish(combine(parts, controls))
