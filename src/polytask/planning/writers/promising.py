"""What a plan says of groups that nobody thought of: gradients propose them, short runs decide."""

from __future__ import annotations

LIKELY = 2
"""Groups that are tried: each costs a joint training of two or three tasks."""
FEWEST = 3
"""Tasks of a joint training that has such groups: two make but one."""

IDEA = (
    f" Before that decision the {LIKELY} groups of two or three tasks are tried that the gradients "
    "of the largest joint part promise most."
)

FUNCTION = f'''
LIKELY = {LIKELY}  # groups that gradients promise most are tried


def likely(joint, recipe):
    """The groups of two or three of its tasks that promise to gain most and were not tried.

    A group promises what a step for one of its tasks takes off the loss of another, on average.
    """
    pull = affinity(joint["part"])
    known = [task for task in joint["tasks"] if task in pull]
    pairs = [[one, two] for n, one in enumerate(known) for two in known[n + 1 :]]
    groups = pairs + [[*pair, one] for pair in pairs for one in known[known.index(pair[1]) + 1 :]]

    def promised(names):
        steps = [pull[one].get(two, 0.0) for one in names for two in names if one != two]
        return sum(steps) / len(steps)

    fresh = [names for names in groups if f"{{' + '.join(names)}}: {{recipe}}" not in tried]
    return sorted([names for names in fresh if promised(names) > 0], key=promised)[-LIKELY:][::-1]
'''

LOOP = """
wide = [one for one in joints if len(one[1]["tasks"]) > 2 and one[1]["part"] not in taught]
wide = [one for one in wide if all(task in best for task in one[1]["tasks"])]  # without helpers
if wide and not no_room:
    largest = max(len(joint["tasks"]) for _, joint in wide)
    latest, joint = [one for one in wide if len(one[1]["tasks"]) == largest][-1]
    for names in likely(joint, latest):
        say(f"{', '.join(names)}: tried together, since gradients promise most of it")
        attempt(names, latest)
"""
