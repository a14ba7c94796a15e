"""The fixed text of the plans that `rules` writes: functions and the steps that call them.

Kept as text, since it is what the user reads and edits: whole statements, of which `rules` chooses
and puts the lists of tasks, settings and groups before them.
"""

BEST = """
best: dict[str, Trained] = {}  # task -> its best part alone so far: the control of that task
"""

JOINTS = """\
joints: list[tuple[str, Trained]] = []  # joint parts, each with the setting it was trained with
taught: dict[str, dict[str, str]] = {}  # joint part -> by task the control that taught it
gained: dict[str, dict[str, float]] = {}  # joint part -> by task what sharing gains
"""

TRIED = """\
tried: set[str] = set()
no_room: list[str] = []  # what the budget had no room for
"""

PLAIN_SCORE = '''

def score(found, task):
    """Dev result of a task, signed so that higher is better."""
    return found["dev"][task]
'''

SCALED_SCORE = '''

def score(found, task):
    """Dev result of a task, signed so that higher is better, errors in standard deviations."""
    return found["dev"][task] / SCALE.get(task, 1.0)
'''

_ATTEMPT_HEAD = '''

def attempt(names, recipe):
    """Train one candidate and keep it; True if it was trained.

    One that does not fit into the time left is passed over; a cheaper one behind it may still fit.
    """
    label = f"{' + '.join(names)}: {recipe}"
    if label in tried:
        return False
    tried.add(label)
    found = train(names, recipe)
    if found["status"] == "no time":
        no_room.append(label)
    elif found["status"] == "failed":
        say(f"{label} failed: {found['reason']}")
'''

_ATTEMPT_JOINT = """\
    elif len(names) > 1:
        joints.append((recipe, found))
"""

_ATTEMPT_TAIL = """\
    elif names[0] not in best or score(found, names[0]) > score(best[names[0]], names[0]):
        best[names[0]] = found
    return found["status"] == "done"
"""

ATTEMPT = _ATTEMPT_HEAD + _ATTEMPT_JOINT + _ATTEMPT_TAIL
ATTEMPT_ALONE = _ATTEMPT_HEAD + _ATTEMPT_TAIL

TOGETHER = '''

def together(names, recipe):
    """Train tasks jointly, then each alone with the same setting: a fair control.

    Without a joint part there is nothing to control: a smaller group may still fit.
    """
    if len(names) > 1 and not attempt(names, recipe):
        return
    for task in sorted(names, key=lambda task: ROWS[task]):  # the dearest control last
        attempt([task], recipe)
'''

_GAINS_HEAD = '''

def gains_of(joint):
    """By task what sharing gains on dev over the task's control, signed and scaled as `score`."""
    if joint["part"] not in gained:
        controls = {task: best[task]["part"] for task in joint["tasks"] if task in best}
        verdicts = compare(joint["part"], controls)
'''

PLAIN_GAINS = (
    _GAINS_HEAD
    + """\
        gained[joint["part"]] = {task: verdicts[task]["gain"] for task in verdicts}
    return gained[joint["part"]]
"""
)

SCALED_GAINS = (
    _GAINS_HEAD
    + """\
        gained[joint["part"]] = {
            task: verdicts[task]["gain"] / abs(SCALE.get(task, 1.0)) for task in verdicts
        }
    return gained[joint["part"]]
"""
)

LOSES = '''

def loses(task, gain):
    """Whether a gain on dev is a loss that counts: where few rows judge, any loss does."""
    return gain < 0 if task in FEW else gain <= -TOLERANCE


def hurt(joint):
    """The tasks that lose by a joint part."""
    return [task for task, gain in gains_of(joint).items() if loses(task, gain)]
'''

REGROUP = '''

def regroup(recipe, joint):
    """Tasks that lose in company leave it; the others try again without them, until none loses."""
    lost = hurt(joint)
    rest = [task for task in joint["tasks"] if task not in lost]
    if 1 < len(rest) < len(joint["tasks"]) and attempt(rest, recipe):
        regroup(*joints[-1])
'''

DISTIL = '''

TAUGHT = ["FineTune", "TopLayers"]  # recipes that learn from teachers; with others they are refused


def distil(recipe, joint):
    """Train a joint part again; the tasks that it hurts learn first what their controls answer."""
    teachers = {task: best[task]["part"] for task in hurt(joint) if task not in FOLDED}
    if not teachers:
        return
    found = train(joint["tasks"], recipe, teachers=teachers)
    if found["status"] == "done":
        joints.append((recipe, found))
        taught[found["part"]] = teachers
    else:
        say(f"{', '.join(teachers)}: not distilled, {found['status']}: {found['reason']}")


def promise(one):
    """How many tasks a joint part does not hurt, and what all gain by it."""
    gains = gains_of(one[1])
    return len(gains) - len(hurt(one[1])), sum(gains.values())
'''

WITH_HELPERS = '''

def with_helpers(task, recipe):
    """Train a task with each of the sets likeliest to help it, then with all that did."""
    helped = []
    likeliest = helpers(task)[:LIKELIEST]
    done = [attempt([task, *one["tasks"]], recipe) and joints[-1][1] for one in likeliest]
    for one, joint in zip(likeliest, done):
        if joint and gains_of(joint).get(task, 0.0) > 0:
            helped.append(one["tasks"])
    if len(helped) > 1 and all(done):  # else more time might show that others help
        attempt([task, *sum(helped, [])], recipe)
'''

STARTED = """\
started: dict[str, Trained] = {}  # part -> the part of helpers whose encoder it started from
"""

IN_SEQUENCE = '''

def in_sequence(task, recipe):
    """Train the sets likeliest to help a task, then the task on the encoder that they leave."""
    sets = sorted(sum([one["tasks"] for one in helpers(task)[:LIKELIEST]], []))
    found = base = train(sets, FIRST)  # once, whatever it is to help
    if base["status"] == "done":
        found = train([task], recipe, start=base["part"])
    label = f"{task} after {' + '.join(sets)}: {recipe}"
    tried.add(label)
    if found["status"] == "done":
        joints.append((f"{recipe} after {FIRST}", found))
        started[found["part"]] = base
    elif found["status"] == "no time":
        no_room.append(label)
    else:
        say(f"{label} failed: {found['reason']}")
'''

_PASSED_OVER_HEAD = '''

def passed_over(task):
    """Whether there was no room for any of the settings on a task."""
'''

_PASSED_OVER_JOINT = """\
    if any(task in joint["tasks"] for _, joint in joints):
        return False
"""

_PASSED_OVER_TAIL = """\
    return all(f"{task}: {recipe}" in no_room for recipe, names in STEPS if task in names)
"""

PASSED_OVER = _PASSED_OVER_HEAD + _PASSED_OVER_JOINT + _PASSED_OVER_TAIL
PASSED_OVER_ALONE = _PASSED_OVER_HEAD + _PASSED_OVER_TAIL

QUICK_LOOP = """
for recipe, names in QUICK:
    for task in names:
        attempt([task], recipe)
"""

SHARE_LOOP = """
for recipe, names in STEPS:
    together(names, recipe)
for recipe, names in STEPS:  # those whose groups did not fit
    for task in names:
        attempt([task], recipe)
"""

SHORT_LOOP = """
for recipe, names in SHORT:
    left = [task for task in names if passed_over(task)]
    together(left, recipe)
    for task in left:  # where all together did not fit
        attempt([task], recipe)
"""

REGROUP_LOOP = """
if joints and not no_room:
    latest = joints[-1][0]
    for recipe, joint in list(joints):
        if recipe == latest:
            regroup(recipe, joint)
"""

DISTIL_LOOP = """
if joints and not no_room:
    fine = [task for _, joint in joints for task in joint["tasks"] if task not in hurt(joint)]
    harmful = [one for one in joints if any(task not in fine for task in one[1]["tasks"])]
    harmful = [one for one in harmful if one[0].split("(")[0] in TAUGHT]
    if harmful:
        distil(*max(harmful, key=promise))
"""

SEQUENCE_LOOP = """
for recipe, names in AFTER:
    for task in names:
        in_sequence(task, recipe)
"""

HELP_LOOP = """
for recipe, names in HELPED:
    for task in names:
        with_helpers(task, recipe)
"""

ALONE_LOOP = """
for recipe, names in STEPS:
    for task in names:
        attempt([task], recipe)
"""

SHORT_ALONE_LOOP = """
for recipe, names in SHORT:
    for task in [task for task in names if passed_over(task)]:
        attempt([task], recipe)
"""

_DECIDE_HEAD = '''
controls = {task: found["part"] for task, found in best.items()}
parts = dict(controls)
gains = [gains_of(joint) for _, joint in joints]
top = {task: max([one[task] for one in gains if task in one], default=0.0) for task in controls}
undecided = [task for task in controls if task not in PROGRAMS]


def kept(number):
    """The undecided tasks that a joint part answers about as well as the best there is."""
    found = gains[number]
    close = [task for task in undecided if task in found and found[task] > top[task] - TOLERANCE]
    return [task for task in close if not loses(task, found[task])]


def worth(number):
    """How many tasks a joint part keeps, and what they gain."""
    return len(kept(number)), sum(gains[number][task] for task in kept(number))


# The part that keeps most tasks comes first: fewer parts, a smaller and faster model.
while joints:
    number = max(range(len(joints)), key=worth)
    names = kept(number)
    if len(names) < 2:
        break
    recipe, joint = joints[number]
    for task in names:
        parts[task] = joint["part"]
        undecided.remove(task)
        how = "shared and distilled" if task in taught.get(joint["part"], {}) else "shared"
        say(f"{task}: {how}, {recipe}; gain on dev {gains[number][task]:+.3f}")
        if f"{task}: {recipe}" in no_room:
            say(f"{task}: no time for a control with {recipe}; its control had a cheaper setting")

# What is left: helped by other tasks though answered by a part of its own, or kept apart.
for task in undecided:
    best_of = [n for n, one in enumerate(gains) if task in one and one[task] >= top[task]]
    if best_of and top[task] > TOLERANCE:
        recipe, joint = joints[best_of[0]]
        parts[task] = joint["part"]
'''

_DECIDE_TAIL = """\
        others = ", ".join(name for name in learned if name != task)
        say(f"{task}: helped by {others}, {recipe}; gain on dev {top[task]:+.3f}")
    elif best_of:
        say(f"{task}: kept apart, {best[task]['recipe']}; gain of sharing on dev {top[task]:+.3f}")
    else:
        say(f"{task}: alone, {best[task]['recipe']}")
"""

_LEARNED = """\
        learned = joint["tasks"]
"""

_LEARNED_BEFORE = """\
        learned = started.get(joint["part"], joint)["tasks"]
"""

DECIDE = _DECIDE_HEAD + _LEARNED + _DECIDE_TAIL
DECIDE_HELPED = _DECIDE_HEAD + _LEARNED_BEFORE + _DECIDE_TAIL

_REPEAT_HEAD = '''
quick = [recipe for recipe, _ in QUICK]  # the same with any seed
shared = [task for task in parts if parts[task] != controls[task]]
held = [parts[task] for task in shared] + [controls[task] for task in shared]
candidates = [joint for _, joint in joints] + list(best.values())
arms = [one for one in candidates if one["part"] in held and one["recipe"] not in quick]
repeats: dict[str, list[str]] = {arm["part"]: [] for arm in arms}


def again(number):
    """Train every arm with another seed; keep it if all are done, since half shows nothing."""
    found = []
    for arm in arms:
        teachers = taught.get(arm["part"], {})
'''

_AGAIN = """\
        found.append(train(arm["tasks"], arm["recipe"], number, teachers=teachers))
"""

_AGAIN_AFTER = """\
        start = started[arm["part"]]["part"] if arm["part"] in started else ""
        found.append(train(arm["tasks"], arm["recipe"], number, start, teachers))
"""

_REPEAT_TAIL = """\
        if found[-1]["status"] != "done":
            return False
    for arm, other in zip(arms, found):
        repeats[arm["part"]].append(other["part"])
    return True


for number in (1, 2):
    if not arms or seconds_left() < sum(arm["seconds"] for arm in arms) or not again(number):
        break
"""

REPEAT = _REPEAT_HEAD + _AGAIN + _REPEAT_TAIL
REPEAT_HELPED = _REPEAT_HEAD + _AGAIN_AFTER + _REPEAT_TAIL

DECIDE_ALONE = """
controls = {task: found["part"] for task, found in best.items()}
parts = dict(controls)
for task, found in best.items():
    say(f"{task}: {found['recipe']}")
"""

LEFT_OVER = """
if no_room:
    say(f"No time for {len(no_room)} of {len(tried)} candidates, the first {no_room[0]}")
for task in t:
    if task not in best:
        say(f"{task}: nothing could be trained for it, so it is not in the model")
"""

FINISH = """\
if parts:
    finish(combine(parts, controls))
"""

FINISH_REPEATED = """\
if parts:
    finish(combine(parts, controls, repeats))
"""
