"""Recipes, searched: a plan that asks a sampler what to train next, for each task by itself.

Put it beside a `tasks.yaml` (`polytask init FILES` writes one) and run it: `polytask run
searched_recipes.py`. `SAMPLER` may be "grid", "random", "tpe" or "gp"; the search of a task ends
after `MOST` trainings, or when what is left of the budget holds no more. All tasks take turns, so
that a short budget leaves none out.
"""

from polytask.plan import Probe, Trained, combine, finish, profile, say, suggest, tasks, train

SAMPLER = "tpe"
MOST = 12  # trainings of a task

t = tasks("tasks.yaml")
tried: dict[str, dict[str, float]] = {task: {} for task in t}  # by task and recipe its score
best: dict[str, Trained] = {}


def attempt(task: str, recipe: str) -> bool:
    """Train a recipe and remember its score, higher is better; False if there was no time."""
    found = train([task], recipe)
    if found["status"] == "done":
        sign = -1.0 if profile(task)["metric"] in ("mae", "rmse") else 1.0  # less is better
        tried[task][recipe] = sign * found["dev"][task]
        if tried[task][recipe] >= max(tried[task].values()):
            best[task] = found
    elif found["status"] == "failed":
        tried[task][recipe] = min(tried[task].values(), default=0.0)  # else it comes again
        say(f"{task}: {recipe} failed: {found['reason']}")
    return found["status"] != "no time"


open_tasks = [task for task in t if attempt(task, Probe())]
for _ in range(MOST):
    going: list[str] = []
    for task in open_tasks:
        recipes = suggest(task, SAMPLER, tried[task])  # none: the grid is done
        if recipes and attempt(task, recipes[0]):
            going.append(task)
    open_tasks = going

for task, found in best.items():
    say(f"{task}: {found['recipe']}, the best of {len(tried[task])}")
if best:
    parts = {task: found["part"] for task, found in best.items()}
    finish(combine(parts, parts))
