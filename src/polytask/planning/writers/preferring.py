"""The built-in plan with a block that weighs size and time: small or fast models, a bound.

The program is the one that `rules` writes (and `proposing` may have added to), with a block more:
behind the decision which parts answer, choices of parts are weighed, the front of dev result
against size or time is walked, and one is taken from it. Sizes and times are facts that the
operation `cost` answers, so that a run that goes on decides as before. The walk is greedy: from the
best on dev it takes, move by move, what saves most for what it loses. A move brings all tasks that
may to one part or to the parts over one encoder, or all tasks of one to what is lightest elsewhere.
Every choice that it passes is weighed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from polytask.planning.writers import blocks
from polytask.planning.writers.constants import FEW, few
from polytask.planning.writers.wording import block, points, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.tasks.profile import TaskProfile

MOST = 12
"""Choices of a front that are told: more are no help to choose by."""

_WORDS = ("Cost", "cost")
_IMPORT = re.compile(r"from polytask\.plan import \(\n(.*?)\)\n", re.DOTALL)
_TRAIN = re.compile(
    r"^( +)found = train\((?:names, recipe|\[task\], drawn\[number\])\)\n", re.MULTILINE
)
_COMBINE = re.compile(r"combine\(parts, controls(, repeats)?\)")
_REPEATS = "\n# 6. With time left, what is shared"
_END = "\nif no_room:\n"
_WEIGHED = "\n# What weighs less, or takes less time, may answer instead.\n"

_POOL = """\
pool: list[Trained] = []  # all that was trained, to be weighed at the end
"""

_JUDGE = '''

def loses(task, gain):
    """Whether a gain on dev is a loss that counts: where few rows judge, any loss does."""
    return gain < 0 if task in FEW else gain <= -TOLERANCE
'''

_FUNCTIONS = '''costs: dict[str, Cost] = {}  # part -> what it takes in a model
front: list[dict[str, str]] = []  # the choices of parts that one was taken from


def size_of(choice):
    """Bytes of a model whose tasks these parts answer; what several stand on counts once."""
    bases = {costs[part]["base"]: costs[part]["bytes"] for part in choice.values()}
    return sum(bases.values()) + sum([costs[part]["heads"][task] for task, part in choice.items()])


def time_of(choice):
    """Milliseconds of one row, all tasks that read it answered; of the slowest kind of row."""
    passes: dict[str, dict[str, float]] = {}
    for task, part in choice.items():
        bases = passes.setdefault(costs[part]["reads"][task], {})
        base, spent = costs[part]["base"], costs[part]["milliseconds"][task]
        bases[base] = max(bases.get(base, 0.0), spent)
    return max([sum(bases.values()) for bases in passes.values()])


def weighable():
    """Every joint part, and of the parts of one task alone the best on dev of each recipe."""
    found = {joint["part"]: joint for _, joint in joints}
    for one in pool:
        if one["status"] == "done" and len(one["tasks"]) == 1 and one["dev"]:
            task, kind = one["tasks"][0], one["recipe"].split("(")[0]
            held = found.get(f"{task} {kind}")
            if held is None or score(one, task) > score(held, task):
                found[f"{task} {kind}"] = one
DRAFTED    return list(found.values())


def moves_of(trained):
    """By task a part: all that one recipe gave over one encoder, which tasks may move to."""
    found: dict[str, dict[str, str]] = {}
    for one in trained:
        if one["part"] not in costs:
            measured = cost(one["part"])
            if measured["status"] != "done":
                continue
            costs[one["part"]] = measured
        move = found.setdefault(f"{costs[one['part']]['base']} {one['recipe']}", {})
        for task in one["dev"]:
            if task in controls:
                move[task] = one["part"]
    return list(found.values())


def without(base, choice, moves, weigh):
    """The choice with nothing left on a base: each of its tasks on what is lightest then."""
    moved = dict(choice)
    for task, part in choice.items():
        if costs[part]["base"] == base:
            others = [move[task] for move in moves if task in move]
            others = [other for other in others if costs[other]["base"] != base]
            if not others:
                return choice
            moved[task] = min(others, key=lambda other: weigh({**moved, task: other}))
    return moved


def descend(choice, moves, worth, weigh):
    """Choices from this one to the lightest: each time the move that saves most for its loss."""
    passed, weight = [choice], weigh(choice)
    while True:
        better = []
        open_to = [{**choice, **move} for move in moves]
        for base in {costs[part]["base"] for part in choice.values()}:
            open_to.append(without(base, choice, moves, weigh))
        for moved in open_to:
            lighter = weigh(moved)
            if lighter < weight:
                lost = sum([worth[t][choice[t]] - worth[t][part] for t, part in moved.items()])
                better.append((max(0.0, lost) / (weight - lighter), lighter, moved))
        if not better:
            return passed
        _, weight, choice = min(better, key=lambda one: one[:2])
        passed.append(choice)


def unbeaten(choices, weigh, total):
    """The choices that are better on dev than all that are as light, the lightest first."""
    found, most = [], None
    for choice in sorted(choices, key=lambda one: (weigh(one), -total(one))):
        if most is None or total(choice) > most:
            found.append(choice)
            most = total(choice)
    return found


def preferred(decided):
    """The parts to deliver: of all choices weighed those that lose nothing and keep the bound."""
    trained = weighable()
    moves = moves_of(trained)
    worth: dict[str, dict[str, float]] = {task: {} for task in decided}
    for one in trained:
        for task in one["dev"]:
            if task in worth:
                worth[task][one["part"]] = score(one, task)
    top = {task: max(of.values()) for task, of in worth.items()}

    def harmless(task, part):
        return not loses(task, worth[task][part] - top[task])

    def total(choice):
        return sum([worth[task][part] for task, part in choice.items()])

    measured = {task: [p for p in of if p in costs] for task, of in worth.items()}
    if not all(measured.values()):
        say("No time to weigh size and time of the parts: dev alone decides")
        return decided
    best_parts = {t: max(of, key=lambda p: worth[t][p]) for t, of in measured.items()}
    known = all([part in costs and part in worth[task] for task, part in decided.items()])
    choices = [decided, best_parts] if known else [best_parts]
    weights = [*([size_of] if PREFER == "small" else []), *([time_of] if BY_TIME else [])]
    free = [{t: p for t, p in move.items() if worth[t][p] >= top[t]} for move in moves]
    fair = [{t: p for t, p in move.items() if harmless(t, p)} for move in moves]
    for weigh in weights:
        for some in (free, fair, moves):
            choices += descend(best_parts, some, worth, weigh)
    choices = [one for n, one in enumerate(choices) if one not in choices[:n]]

    fit = [one for one in choices if not BOUND or time_of(one) <= BOUND]
    both = [one for one in fit if all([harmless(task, part) for task, part in one.items()])]
    if not fit:
        say(f"No choice of parts answers one row within {BOUND:g} ms: the fastest is taken")
        chosen = min(choices, key=time_of)
    elif not both:
        say(f"What answers one row within {BOUND:g} ms loses on dev: the best of it is taken")
        chosen = max(fit, key=total)
    elif PREFER == "small":
        chosen = min(both, key=lambda one: (size_of(one), -total(one)))
    elif PREFER == "fast":  # a clock tells no tenths: of what is about as fast the best on dev
        least = min([time_of(one) for one in both])
        chosen = max([one for one in both if time_of(one) <= 1.1 * least], key=total)
    else:
        chosen = decided if decided in both else max(both, key=total)

    kept = unbeaten(choices, weights[0], total)
    kept = kept[:: 1 + len(kept) // MOST]
    named = [chosen, decided] if known and chosen != decided else [chosen]
    front[:] = kept + [one for one in named if one not in kept]
    for task, part in chosen.items():
        if part != decided[task]:
            recipe = [one["recipe"] for one in trained if one["part"] == part][0]
            change = worth[task][part] - worth[task].get(decided[task], top[task])
            say(f"{task}: {recipe} instead, for {REASON}; {change:+.3f} on dev")
    return chosen
'''

_DRAFTED = """\
    for _, told in drafts:
        for task, part in told["parts"].items():
            if task in told["dev"] and not any([one["part"] == part for one in found.values()]):
                found[f"{task} {part}"] = {
                    "part": part,
                    "recipe": "as a plan of the language model trained it",
                    "tasks": [task],
                    "status": "done",
                    "reason": "",
                    "dev": {task: told["dev"][task]},
                    "seconds": 0.0,
                }
"""

_DECIDED = """

weighing = {"prefer": PREFER, "bound": BOUND, "choices": front}  # for the report
decided = dict(parts)  # by dev results alone
parts = preferred(decided)
weighed = len(pool)
"""

_AGAIN = """
if len(pool) > weighed:  # the search at the end has trained more
    decided |= {task: part for task, part in parts.items() if part == controls.get(task)}
    parts = preferred(decided)
"""
_AGAIN_REPEATED = """\
    repeats = {
        part: others
        for part, others in repeats.items()
        if part in parts.values() or part in controls.values()
    }
"""


def with_preference(
    plan: str, tasks: Sequence[TaskProfile], *, prefer: str, bound: float, margin: float
) -> str:
    """The plan `plan` with a block that takes its model from the front.

    Args:
        plan: What `rules.write` gave, or `proposing.with_drafts`.
        tasks: The tasks of the plan.
        prefer: "accurate", "small" or "fast".
        bound: Milliseconds that one row may take at most; 0 for any.
        margin: δ of the certificate, as for `rules.write`.
    """
    shares = _REPEATS in plan
    plan = _IMPORT.sub(_imports, plan, count=1)
    plan = plan.replace(blocks.BEST, blocks.BEST + _POOL, 1)
    plan = _TRAIN.sub(r"\g<0>\1pool.append(found)\n", plan)
    plan = _COMBINE.sub(_combined, plan)
    anchor = _REPEATS if shares else _END
    weighed = _weighed(plan, tasks, prefer, bound, margin)
    plan = plan.replace(anchor, f"{weighed}{_DECIDED}{anchor}", 1)
    if not shares:
        return plan
    again = _AGAIN + _AGAIN_REPEATED
    return plan.replace(_END, f"{again}{_END}", 1) if "\ndef halve(" in plan else plan


def _weighed(
    plan: str, tasks: Sequence[TaskProfile], prefer: str, bound: float, margin: float
) -> str:
    """The block: constants, functions."""
    lines = [
        f'PREFER = "{prefer}"  # of choices of parts that lose less than {points(margin)} on dev',
        f"BOUND = {bound:.6g}  # milliseconds that one row may take at most; 0 for any",
        'BY_TIME = PREFER == "fast" or BOUND > 0',
        'REASON = {"small": "size", "fast": "speed"}.get(PREFER, "the bound")',
        f"MOST = {MOST}  # choices that the report is told of",
    ]
    functions = _FUNCTIONS.replace("DRAFTED", _DRAFTED if "\ndrafts: " in plan else "")
    text = ""
    if "\ndef loses(" not in plan:
        named = [quoted(task.name) for task in tasks if task.name in few(tasks)]
        lines += [
            "# The margin of the certificate: a loss below it counts as none.",
            f"TOLERANCE = {margin:g}",
            f"# Tasks with fewer than {FEW} rows to judge by: there any loss counts.",
            *block("FEW: list[str] = [", named, "]"),
        ]
        text = _JUDGE + "\n\n"
    if "\njoints: " not in plan:
        lines += ["joints: list[tuple[str, Trained]] = []  # nothing is shared"]
    head = "\n".join(lines)
    return f"{_WEIGHED}{head}\n{text}{functions}"


def _imports(found: re.Match[str]) -> str:
    names = {name.strip() for name in found.group(1).split(",")} | set(_WORDS)
    listed = "".join(f"    {name},\n" for name in sorted(filter(None, names)))
    return f"from polytask.plan import (\n{listed})\n"


def _combined(found: re.Match[str]) -> str:
    repeats = found.group(1) or ""
    return f"combine(parts, controls{repeats}, front=weighing)"
