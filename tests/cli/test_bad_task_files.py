"""Task files, plans and options that are wrong: refused with the line, the task or the nearest."""

from __future__ import annotations

import pytest

TASK = "{data: a.csv, input: text, target: label}"
CSV = "text,label\n" + "".join(f"a film no {i},{'good' if i % 2 else 'bad'}\n" for i in range(60))
HEAD = "from polytask.plan import TfidfLinear, combine, finish, tasks, train\n"

TASK_FILES = {
    "unknown recipe": (
        f"recipes: [FineTunes]\ntasks:\n  mood: {TASK}\n",
        [r"tasks\.yaml: `recipes`: Unknown recipe 'FineTunes': did you mean 'FineTune'"],
    ),
    "recipe that contradicts itself": (
        f"recipes:\n- FineTune(transfer=LoRA(), embeddings=True)\ntasks:\n  mood: {TASK}\n",
        ["`transfer` LoRA fixes all that was pretrained and `embeddings` trains the word"],
    ),
    "two tasks of one name": (
        f"tasks:\n  mood: {TASK}\n  mood: {TASK}\n",
        [r"tasks\.yaml:3: 'mood' stands twice \(also in line 2\)", "Rename"],
    ),
    "unknown key": (
        "tasks:\n  mood: {data: a.csv, input: text, taget: label}\n",
        ["task 'mood': unknown key 'taget': did you mean 'target'"],
    ),
    "unknown key at the top": (f"task:\n  mood: {TASK}\n", ["'task': did you mean 'tasks'"]),
    "unknown kind": (
        "tasks:\n  mood: {data: a.csv, input: text, target: label, kind: multiclas}\n",
        ["task 'mood': unknown `kind` 'multiclas': did you mean 'multiclass'"],
    ),
    "unknown metric": (
        "tasks:\n  mood: {data: a.csv, input: text, target: label, metric: acuracy}\n",
        ["task 'mood': unknown `metric` 'acuracy': did you mean 'accuracy'"],
    ),
    "metric of another kind": (
        "tasks:\n  mood: {data: a.csv, input: text, target: label, kind: binary, metric: rmse}\n",
        ["unknown `metric` for binary 'rmse'", "Known: accuracy"],
    ),
    "unknown split": (
        "tasks:\n  mood: {data: {trian: a.csv}, input: text, target: label}\n",
        ["`data` takes train, dev and test; found 'trian': did you mean 'train'"],
    ),
    "missing data file": (
        "tasks:\n  mood: {data: b.csv, input: text, target: label}\n",
        [r"b\.csv does not exist: did you mean 'a\.csv'"],
    ),
    "missing input column": (
        "tasks:\n  mood: {data: a.csv, input: txt, target: label}\n",
        ["no column 'txt': did you mean 'text'"],
    ),
    "missing target column": (
        "tasks:\n  mood: {data: a.csv, input: text, target: labels}\n",
        ["no column 'labels': did you mean 'label'"],
    ),
    "no target": ("tasks:\n  mood: {data: a.csv}\n", ["task 'mood' lacks `target`; write e.g."]),
    "input is target": (
        "tasks:\n  mood: {data: a.csv, input: label, target: label}\n",
        ["'label' is both `input` and `target`"],
    ),
    "unknown label in a map": (
        "tasks:\n  mood: {data: a.csv, input: text, target: label, map: {god: x}}\n",
        ["`map` names 'god'.*did you mean 'good'"],
    ),
    "YAML tag": (
        "tasks: !!python/object/apply:os.system ['touch /tmp/oops']\n",
        [r"tasks\.yaml:1: YAML tags are not read", "os.system"],
    ),
    "YAML bomb": (
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"{n}: &{n} [{', '.join([f'*{chr(ord(n) - 1)}'] * 9)}]\n" for n in "bcdefgh")
        + "tasks: *h\n",
        [r"tasks\.yaml:\d+: aliases expand to more than"],
    ),
    "alias in itself": ("tasks: &a {mood: *a}\n", [r"tasks\.yaml:1: an alias that holds itself"]),
    "no YAML": ("tasks: {mood: [\n", [r"tasks\.yaml:2: no valid YAML"]),
    "empty": ("", ["begins with `tasks:`"]),
    "not text": (b"\xff\xfe\x00", ["is not UTF-8 text", "save it as UTF-8"]),
}

PLANS = {
    "syntax": (HEAD + "t = tasks(\n", [r"plan\.py:\d+:\d+: "]),
    "unknown recipe": (
        "from polytask.plan import FineTun, tasks\nt = tasks('tasks.yaml')\n",
        [r"plan\.py:1:\d+: .*'FineTun|`polytask.plan` has no member `FineTun`", "'FineTune'"],
    ),
    "unknown argument": (
        HEAD + "t = tasks('tasks.yaml')\ntrain(t, TfidfLinear(epochs=3))\n",
        [r"plan\.py:3:\d+: .*`epochs`"],
    ),
    "wrong type": (
        HEAD + "t = tasks('tasks.yaml')\nfinish(3)\n",
        [r"plan\.py:3:\d+: "],
    ),
    "forbidden import": ("import subprocess\n", [r"plan\.py:1:8: plans cannot", "may import"]),
}


@pytest.mark.slow
@pytest.mark.parametrize("entry", TASK_FILES)
def test_a_wrong_task_file_is_refused(polytask, write, untouched, tmp_path, entry):
    content, patterns = TASK_FILES[entry]
    write("a.csv", CSV)
    path = write("tasks.yaml", content)
    untouched(tmp_path)
    polytask("check", path).refuses(*patterns)
    polytask("run", path, "--out", tmp_path / "run").refuses(*patterns)


@pytest.mark.parametrize("entry", PLANS)
def test_a_wrong_plan_is_refused_with_its_line(polytask, write, untouched, tmp_path, entry):
    content, patterns = PLANS[entry]
    write("a.csv", CSV)
    write("tasks.yaml", f"tasks:\n  mood: {TASK}\n")
    path = write("plan.py", content)
    untouched(tmp_path)
    polytask("check", path).refuses(*patterns)
    polytask("run", path, "--out", tmp_path / "run").refuses(*patterns)


def test_a_plan_without_its_task_file_is_refused(polytask, write, tmp_path):
    path = write("plan.py", HEAD + "t = tasks('tasks.yaml')\nfinish(combine({}, {}))\n")
    answer = polytask("run", path, "--out", tmp_path / "run")
    answer.refuses(r"no task file .*tasks\.yaml", "polytask init")


def test_a_task_file_takes_no_choice_of_columns(polytask, write):
    write("a.csv", CSV)
    path = write("tasks.yaml", f"tasks:\n  mood: {TASK}\n")
    polytask("check", path, "--target", "label").refuses("says inputs, targets and kinds itself")


@pytest.mark.parametrize(
    ("options", "patterns"),
    [
        (("--budget", "1s"), ["budget of 1s is too small", r"smallest budget.*--budget 1\ds"]),
        (("--budget", "soon"), ["such as 90s, 5m or 1h30m; found 'soon'"]),
        (("--budget", "-5m"), ["above zero"]),
        (("--seed", "-1"), ["`seed` is between"]),
        (("--margin", "3"), ["above 0 and below 0.5"]),
        (("--prefer", "tiny"), ["Unknown preference 'tiny'", "accurate, fast, small"]),
        (("--max-latency", "20"), ["has its unit, such as 20ms or 0.5s", "found '20'"]),
        (("--threads", "-2"), ["`threads` is 1 or more"]),
        (("--dtype", "float3"), ["dtype 'float3': did you mean 'float32'"]),
        (("--device", "cud"), ["device 'cud': did you mean 'cuda'"]),
        (("--encoder", "minilmm"), ["encoder 'minilmm'", "did you mean 'minilm'"]),
        (("--encoder", "minilm"), ["'minilm'.*are not here: polytask weights get minilm"]),
        (("--image-encoder", "mobilnet"), ["encoder 'mobilnet'", "did you mean 'mobilenet'"]),
        (("--budgt", "5m"), ["No such option", "--budget"]),
    ],
)
def test_a_wrong_option_is_refused(polytask, write, untouched, tmp_path, options, patterns):
    path = write("a.csv", CSV)
    untouched(tmp_path)
    polytask("run", path, "--out", tmp_path / "run", *options).refuses(*patterns)


@pytest.mark.slow
def test_the_smallest_budget_that_is_named_is_accepted(polytask, write, tmp_path):
    path = write("a.csv", CSV)
    named = polytask("run", path, "--out", tmp_path / "run", "--budget", "1s").err
    smallest = named.split("--budget ")[1].split()[0]
    words = ("run", path, "--out", tmp_path / "run", "--budget", smallest, "--threads", "1", "-q")
    polytask(*words).succeeds("label")


@pytest.mark.parametrize("word", ["checks", "rnu"])
def test_an_unknown_command_offers_the_nearest(polytask, word):
    polytask(word).refuses("No such command", "Did you mean '(check|run)'")
