"""What a plan says of groups that nobody thought of: evidence proposes them, short runs decide."""

from __future__ import annotations

LIKELY = 2
"""Groups that are tried: each costs a joint training of two or three tasks. That the mean of ranks
finds better ones than gradients alone is not shown: LOG.md, "Who says best which tasks gain"."""
FEWEST = 3
"""Tasks of a joint training that has such groups: two make but one."""
WIDEST = 16
"""Tasks whose groups are ranked: the operation takes no more."""

IDEA = (
    f" Before that decision the {LIKELY} groups of two or three tasks are tried of which most is "
    "promised by their data, by frozen features and by the gradients of the largest joint part."
)

FUNCTION = f'''

LIKELY = {LIKELY}  # groups are tried of those that are promised most
WIDEST = {WIDEST}  # tasks whose groups are ranked


def likely(joint, recipe):
    """The groups of two or three of its tasks that are promised most and were not tried.

    The mean of the ranks that all proposers give decides. A group is left out where a gradient step
    for one of its tasks would, on average, not help another.
    """
    known = [joint] + [one for _, one in joints] + list(best.values())
    found = evidence(joint["tasks"][:WIDEST], [one["part"] for one in known])
    small = [one for one in found if len(one["tasks"]) < 4]
    fresh = [one for one in small if f"{{' + '.join(one['tasks'])}}: {{recipe}}" not in tried]
    return [one for one in fresh if one["predicted"].get("StepAffinity", 0.0) > 0][:LIKELY]
'''

LOOP = """
wide = [one for one in joints if len(one[1]["tasks"]) > 2 and one[1]["part"] not in taught]
wide = [one for one in wide if all(task in best for task in one[1]["tasks"])]  # without helpers
if wide and not no_room:
    largest = max(len(joint["tasks"]) for _, joint in wide)
    latest, joint = [one for one in wide if len(one[1]["tasks"]) == largest][-1]
    for one in likely(joint, latest):
        say(f"{', '.join(one['tasks'])}: tried together, since {one['reason']}")
        attempt(one["tasks"], latest)
"""
