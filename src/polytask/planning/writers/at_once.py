"""The built-in plan for a run with several workers: it asks at once for what can be at once.

The program stays the one that `rules` writes, with the same decisions in the same order. What does
not wait for each other (quick models, a joint part and its controls, sets that may help, settings
of a round, repeats) is asked for ahead of its turn, all at once; when its turn comes, it is there.
"""

from __future__ import annotations

import re

from polytask.planning.writers import blocks

_IMPORT = re.compile(r"from polytask\.plan import \(\n(.*?)\)\n", re.DOTALL)
_ATTEMPT = "\n\ndef attempt(names, recipe):"

_AHEAD = '''

# This run has several workers: what does not wait for each other is trained at once, ahead of its
# turn. Times that are told here are those of one worker.
ahead: dict[str, Trained] = {}


def at_once(candidates):
    """Train side by side those of the candidates that were not tried yet."""
    named = {f"{' + '.join(names)}: {recipe}": (names, recipe) for names, recipe in candidates}
    fresh = [label for label in named if label not in tried and label not in ahead]
    asked = [{"tasks": named[label][0], "recipe": named[label][1]} for label in fresh]
    if len(asked) > 1:
        for label, found in zip(fresh, train_all(asked)):
            ahead[label] = found


def trained(names, recipe):
    """What came of a candidate: of one trained ahead at once, else it is trained now."""
    label = f"{' + '.join(names)}: {recipe}"
    return ahead.pop(label) if label in ahead else train(names, recipe)
'''

_QUICK = "\nat_once([([task], recipe) for recipe, names in QUICK for task in names])"
_STEPS = "at_once([([task], recipe) for recipe, names in STEPS for task in names])\n"
_LATE = "for recipe, names in STEPS:  # those whose groups did not fit\n"
_TOGETHER = "    if len(names) > 1 and not attempt(names, recipe):\n"
_CONTROLS = """\
    alone = sorted(names, key=lambda task: ROWS[task])
    at_once([(names, recipe)] + [([task], recipe) for task in alone])
"""
_LIKELIEST = "    done = [attempt([task,"
_HELPERS = '    at_once([([task, *one["tasks"]], recipe) for one in likeliest])\n'
_ROUND = "        for number in rest[: len(drawn)]:\n"
_SETTINGS = "        at_once([([task], drawn[number]) for number in rest[: len(drawn)]])\n"

_BEFORE: tuple[tuple[str, str], ...] = (
    (_ATTEMPT, _AHEAD),
    (blocks.QUICK_LOOP, _QUICK),
    (blocks.ALONE_LOOP, f"\n{_STEPS.rstrip()}"),
    (_LATE, _STEPS),
    (_TOGETHER, _CONTROLS),
    (_LIKELIEST, _HELPERS),
    (_ROUND, _SETTINGS),
)
"""Text of a plan, and what is put before it where it stands."""

_LIKELY = "    for one in likely(joint, latest):\n"
_GROUPS = """\
    promised = likely(joint, latest)
    at_once([(one["tasks"], latest) for one in promised])
    for one in promised:
"""
_INSTEAD: tuple[tuple[str, str], ...] = (
    ("found = train(names, recipe)\n", "found = trained(names, recipe)\n"),
    ("found = train([task], drawn[number])\n", "found = trained([task], drawn[number])\n"),
    (_LIKELY, _GROUPS),
)

_AGAIN = re.compile(
    r'    found = \[\]\n    for arm in arms:\n(?P<each>.*?)        if found\[-1\]\["status"\] '
    r'!= "done":\n            return False\n',
    re.DOTALL,
)
_ASKED = """\
    asked = [
        {
            "tasks": arm["tasks"],
            "recipe": arm["recipe"],
            "repeat": number,
            "teachers": taught.get(arm["part"], {}),
START        }
        for arm in arms
    ]
    found = train_all(asked)
    if any(one["status"] != "done" for one in found):
        return False
"""
_START = """\
            "start": started[arm["part"]]["part"] if arm["part"] in started else "",
"""


def with_workers(plan: str) -> str:
    """The built-in plan `plan` for several workers.

    Args:
        plan: What `rules.write` or `proposing.with_drafts` gave.
    """
    for there, put in _BEFORE:
        plan = plan.replace(there, f"{put}{there}", 1)
    for there, put in _INSTEAD:
        plan = plan.replace(there, put, 1)
    plan = _AGAIN.sub(_repeats, plan, count=1)
    return _IMPORT.sub(_imports, plan, count=1)


def _repeats(found: re.Match[str]) -> str:
    return _ASKED.replace("START", _START if "start" in found["each"] else "")


def _imports(found: re.Match[str]) -> str:
    names = {name.strip() for name in found.group(1).split(",")} | {"train_all"}
    listed = "".join(f"    {name},\n" for name in sorted(filter(None, names)))
    return f"from polytask.plan import (\n{listed})\n"
