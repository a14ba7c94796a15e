"""The built-in plan with plans of a language model in it, under a share of the budget.

The program is the one that `rules` writes, with two blocks more. In the first, behind the quick
models (so that something usable stands whatever the language model does), it is asked for plans,
which are tried as children: one that failed is repaired, a second one is to be of another kind,
then the best is improved (in the manner of AIDE, arXiv 2502.13138). In the second, at the end, what
they trained answers a task where it is better on dev than all that the built-in plan has found.
Without a usable answer the built-in plan is all that runs.
"""

from __future__ import annotations

import re

from polytask.planning.writers import blocks

SHARE = 0.3
"""Share of what is left behind the quick models that a language model's plans may use."""

STEPS, STEPS_HERE = 4, 1
"""How many plans are asked for at most; of a model on this machine, which takes minutes for one."""

_WORDS = ("Attempted", "compare", "draft", "seconds_left", "try_plan")
_IMPORT = re.compile(r"from polytask\.plan import \(\n(.*?)\)\n", re.DOTALL)
_END = "\nif no_room:\n"

_HEAD = f'''

# Then what a language model proposes, under a share of what is left.
SHARE = {SHARE}
SHORTEST = 5.0  # seconds below which no plan is tried
drafts: list[tuple[str, Attempted]] = []  # plans of the model, each with what came of it


def attempt_plan(text, seconds):
    """Try a plan of the model and keep what came of it."""
    found = try_plan(text, seconds)
    drafts.append((text, found))
    figures = ", ".join(f"{{task}} {{value:.3f}}" for task, value in found["dev"].items())
    say(f"A plan of the language model {{found['status']}}: {{found['reason'] or figures}}")
'''

_ASK = '''

KINDS = 2  # plans of different kinds that are asked for before the best is improved
kinds: list[int] = []


def merit(one):
    """How many tasks a plan of the model answers, and how well on dev."""
    dev = one[1]["dev"]
    return len(dev), sum(score(one[1], task) for task in dev)


def outcome(found):
    return f"{found['status']} {found['reason']}, on dev {found['dev']}"


def propose(seconds):
    """Ask for a plan and try it: the last repaired if it failed; a second of another kind; then
    the best improved."""
    text, told = "", ""
    if drafts and not drafts[-1][1]["model"]:
        text, told = drafts[-1][0], outcome(drafts[-1][1])
    elif len(kinds) < KINDS:
        kinds.append(len(drafts))
        told = "".join(f"{text}# {outcome(found)}\\n" for text, found in drafts)
    else:
        text, found = max(drafts, key=merit)
        told = outcome(found)
    before = seconds_left()
    drafted = draft(seconds / 2, text, told)
    if drafted["status"] != "done":
        say(f"No plan of the language model: {drafted['reason']}")
        return False
    room = seconds - (before - seconds_left())
    if room < SHORTEST or any(drafted["text"] == text for text, _ in drafts):
        return False
    attempt_plan(drafted["text"], room)
    return True


PROPOSALS = _STEPS_  # how many more plans there may be, at each step
until = (1 - SHARE) * seconds_left()
if seconds_left() - until < 2 * SHORTEST:
    say("No time for plans of the language model")
for left in PROPOSALS:
    room = seconds_left() - until
    if room < 2 * SHORTEST or not propose(max(2 * SHORTEST, room / left)):
        break
'''

_GIVEN = """
DRAFT = {text}
attempt_plan(DRAFT, max(SHORTEST, SHARE * seconds_left()))
"""

_KEEP = '''

def keep_better(held, offered):
    """Let the parts offered take the place of those that are worse on dev."""
    for task, part in offered.items():
        if task not in held or compare(part, {task: held[task]})[task]["gain"] > 0:
            held[task] = part


# What the plans of the model trained counts where it is better on dev than all above.
for _, found in drafts:
    before = dict(parts)
    keep_better(controls, found["controls"])
    keep_better(parts, found["controls"])
    keep_better(parts, found["parts"])
    for task in parts:
        if parts[task] != before.get(task):
            say(f"{task}: as a plan of the language model trained it")
'''


def with_drafts(plan: str, text: str = "", *, steps: int = STEPS) -> str:
    """The built-in plan `plan` with plans of a language model in it.

    Args:
        plan: What `rules.write` gave.
        text: A plan of the model that is there already; "" lets the plan ask for some.
        steps: How many it asks for at most: each has a like share of the time.
    """
    asking = _ASK.replace("_STEPS_", str([*range(steps, 0, -1)]))
    ask = _GIVEN.format(text=_quoted(text)) if text else asking
    plan = _IMPORT.sub(_imports, plan, count=1)
    plan = plan.replace(blocks.QUICK_LOOP, f"{blocks.QUICK_LOOP}{_HEAD}{ask}", 1)
    anchor = _REPEATS if _REPEATS in plan else _END
    return plan.replace(anchor, f"{_KEEP}{anchor}", 1)


_REPEATS = "\n# 6. With time left, what is shared"


def _imports(found: re.Match[str]) -> str:
    names = {name.strip() for name in found.group(1).split(",")} | set(_WORDS)
    listed = "".join(f"    {name},\n" for name in sorted(filter(None, names)))
    return f"from polytask.plan import (\n{listed})\n"


def _quoted(text: str) -> str:
    """A text as a literal over several lines, as a person reads it."""
    lines = "".join(f"    {line!r}\n" for line in text.splitlines(keepends=True))
    return f"(\n{lines})"
