"""Words and literals of a program: what it says of tasks, files, labels and metrics."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.deployment.script.subject import Subject
    from polytask.tasks.task import Task

WIDTH = 100
"""Columns of a line; a Chinese character takes two."""
METRIC_NAMES = {
    "accuracy": "Accuracy",
    "macro_f1": "Mean F1 over the labels",
    "micro_f1": "F1 of all labels together",
    "mcc": "Matthews correlation",
    "span_f1": "F1 over spans",
    "r2": "Explained variance R²",
    "pearson": "Pearson correlation",
    "spearman": "Spearman correlation",
    "mae": "Mean absolute error",
    "rmse": "Root of the mean squared error",
}
"""Metrics in words."""
_SCORES = {
    "accuracy": "accuracy_score({})",
    "macro_f1": 'f1_score({}, average="macro")',
    "micro_f1": 'f1_score({}, average="micro", zero_division=0)',
    "mcc": "matthews_corrcoef({})",
    "span_f1": "spans.f1_score({})",
    "r2": "r2_score({})",
    "pearson": "np.corrcoef({})[0, 1]",
    "spearman": "spearmanr({}).statistic",
    "mae": "mean_absolute_error({})",
    "rmse": "root_mean_squared_error({})",
}
_FUNCTIONS = {
    "accuracy": "accuracy_score",
    "macro_f1": 'partial(f1_score, average="macro")',
    "mcc": "matthews_corrcoef",
    "span_f1": "spans.f1_score",
}
JOINT_METRICS = tuple(_FUNCTIONS)
"""Metrics of programs for several tasks."""


def literal(value: Any) -> str:
    """Python for a plain value, with double quotes.

    >>> literal({"a": ["b", None, 0.5]})
    '{"a": ["b", None, 0.5]}'
    """
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(k)}: {literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(literal, value)) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def path(value: str) -> str:
    """`Path(value)` behind `DATA = `, on lines of its own where it is long.

    >>> path("data")
    'Path("data")'
    >>> print(path("/数据" * 22))
    Path(
        "/数据/数据/数据/数据/数据/数据/数据/数据/数据/数据/数据/数据/数据/数据/数据/数据/数据/数据/数据/数据/数据/数据"
    )
    """
    line = f"Path({literal(value)})"
    return line if cell_len(f"DATA = {line}") <= WIDTH else f"Path(\n    {literal(value)}\n)"


def assign(name: str, value: Any, indent: str = "") -> str:
    """`name = value`, one item a line where it does not fit on one.

    >>> assign("X", ["a", "b"])
    'X = ["a", "b"]'
    """
    line = f"{name} = {literal(value)}"
    if cell_len(line) <= WIDTH:
        return line
    text = f"{name} = {_spread(value, indent)}"
    return text if isinstance(value, dict) and "\n        " not in text else f"{text}  # fmt: skip"


def _spread(value: Any, indent: str) -> str:
    if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
        return _filled(value, indent)
    deeper = f"{indent}    "
    if isinstance(value, dict):
        items = [f"{literal(k)}: {_fitted(v, deeper)}" for k, v in value.items()]
        open_, close = "{}"
    else:
        items, (open_, close) = [_fitted(item, deeper) for item in value], "[]"
    return "\n".join([open_, *(f"{deeper}{item}," for item in items), f"{indent}{close}"])


def _filled(value: Sequence[str], indent: str) -> str:
    """Texts, as many a line as fit."""
    items = [f"{literal(item)}," for item in value]
    lines = wrap(items, WIDTH - len(indent) - 4)
    return "\n".join(["[", *(f"{indent}    {line}" for line in lines), f"{indent}]"])


def wrap(items: Sequence[str], width: int) -> list[str]:
    """Lines of at most `width` characters that hold `items` in order.

    >>> wrap(["a,", "b,", "c,"], 5)
    ['a, b,', 'c,']
    """
    lines = [""]
    for item in items:
        longer = f"{lines[-1]} {item}".strip()
        lines = [*lines[:-1], longer] if len(longer) <= width else [*lines, item]
    return lines


def _fitted(value: Any, indent: str) -> str:
    flat = literal(value)
    if isinstance(value, (dict, list, tuple)) and len(indent) + len(flat) > WIDTH - 20:
        return _spread(value, indent)
    return flat


def place(path: str | Path) -> str:
    """A path as a program names it: relative below the current folder, as it is elsewhere."""
    found = Path(path)
    here = Path.cwd()
    return found.relative_to(here).as_posix() if found.is_relative_to(here) else str(path)


def weights(named: str) -> str:
    """Python for the place of an encoder: below the home folder where it is, so that it may move.

    >>> weights("owner/model")
    '"owner/model"'
    """
    found = Path(named)
    if found.is_absolute() and found.is_relative_to(Path.home()):
        return f"str(Path.home() / {literal(found.relative_to(Path.home()).as_posix())})"
    return literal(named)


def identifier(text: str) -> str:
    """`text` as part of a Python name.

    >>> identifier("Head CT, 2nd")
    'head_ct_2nd'
    """
    return re.sub(r"\W+", "_", text.lower()).strip("_") or "task"


def constant(text: str) -> str:
    """`text` as the name of a constant."""
    found = identifier(text).upper()
    return found if not found[0].isdigit() else f"T_{found}"


def mode(task: Task) -> str:
    """What an input is: "image", "words", "pair" or "text"."""
    if task.inputs[0].modality == "image":
        return "image"
    if task.inputs[0].tokens:
        return "words"
    return "pair" if len(task.inputs) == 2 else "text"


def title(subject: Subject) -> str:
    """The first line of the docstring."""
    names = _and([task.name for task in subject.tasks])
    source = {"image": "images", "words": "tokens", "pair": "pairs of texts", "text": "texts"}
    from_ = source[mode(subject.tasks[0])]
    how = {
        "FineTune": "Fine-tune a pretrained encoder",
        "TopLayers": "Fine-tune the upper layers of a pretrained encoder",
        "Probe": "Fit a linear model on a frozen encoder",
        "TfidfLinear": "Fit a linear model on TF-IDF features",
    }[type(subject.recipe).__name__]
    return f"{how} for {names}, on {from_}."


def story(subject: Subject) -> str:
    """What the program does, in a sentence or two."""
    if type(subject.recipe).__name__ in ("FineTune", "TopLayers"):
        kept = "The epoch that is best on the dev rows is measured on the test rows."
        return f"One model answers all tasks. {kept}" if len(subject.tasks) > 1 else kept
    return "How strongly it is regularised is chosen on the dev rows; the test rows judge."


def figure(subject: Subject, task: str) -> str:
    """What the report said of a task."""
    found = subject.measured[task]
    return (
        f"{found.metric} {found.value:.4f} (95 % interval {found.low:.4f} to {found.high:.4f}, "
        f"{found.rows:,} rows)"
    )


def labels(tasks: Sequence[Task], tagged: Sequence[str]) -> str:
    """The constants that hold the labels."""
    if len(tasks) == 1:
        return assign("LABELS", list(tasks[0].labels))
    text = assign("LABELS", {task.name: list(task.labels) for task in tasks})
    return f"{text}\n{assign('TAGGED', list(tagged))}" if tagged else text


def labels_code(subject: Subject) -> str:
    """What reads the labels of all rows off a frame."""
    if len(subject.tasks) > 1:
        return "frame.select(list(LABELS)).to_dicts()"
    return f"frame[{literal(subject.tasks[0].name)}].to_list()"


def label_type(subject: Subject) -> str:
    """The type of what stands beside an input."""
    if len(subject.tasks) > 1:
        return "dict"
    kinds = {"regression": "float", "tagging": "list[str]", "multilabel": "list[str]"}
    return kinds.get(subject.tasks[0].kind, "str")


def score(task: Task) -> str:
    """An expression for the primary metric of `truth` and `given`."""
    if task.kind == "tagging" and task.metric != "span_f1":
        return _SCORES[task.metric].format("[*chain(*truth)], [*chain(*given)]")
    text = _SCORES[task.metric].format("truth, given")
    if task.kind == "multilabel" and task.metric == "macro_f1":
        text = text.replace('average="macro"', 'average="macro", zero_division=np.nan')
    return text


def report(task: Task) -> str:
    """An expression for the report on `truth` and `given`."""
    if task.bio:
        return "spans.classification_report(truth, given, zero_division=0)"
    if task.kind == "tagging":
        return "classification_report([*chain(*truth)], [*chain(*given)], zero_division=0)"
    return "classification_report(truth, given, zero_division=0)"


def metrics(tasks: Sequence[Task]) -> str:
    """A dictionary of functions, by task."""
    return "{" + ", ".join(f"{literal(t.name)}: {_FUNCTIONS[t.metric]}" for t in tasks) + "}"


def selection(subject: Subject, table: str, number: int | None) -> str:
    """What is selected of a table: its inputs, its targets under the names of their tasks."""
    first = subject.tasks[0]
    own = [task for task in subject.tasks if task.table == table]
    reading = subject.readings[table]
    parts = []
    for ours, named in zip(own[0].inputs, first.inputs, strict=True):
        cast = "" if _as_it_is(ours, reading.plain) else ".cast(pl.String)"
        parts.append(_column(ours.name, named.name, cast))
    for task in own:
        plain = task.kind in ("tagging", "multilabel") or task.target in reading.plain
        kind = "pl.Float64" if task.kind == "regression" else "pl.String"
        cast = f".cast({kind})" if task.kind == "regression" or not plain else ""
        if task.name in reading.maps:
            cast += f".replace({literal(dict(reading.maps[task.name]))})"
        parts.append(_column(task.target, task.name, cast))
    if number is not None:
        parts.append(f"table=pl.lit({number})")
    parts.sort(key=lambda part: "=" in part.partition("(")[0])
    line = ", ".join(parts)
    if len(line) + len("    return frame.select()") <= WIDTH:
        return line
    return f"\n        {line}\n    "


def _as_it_is(column: Any, plain: frozenset[str]) -> bool:
    return column.tokens or column.modality == "image" or column.name in plain


def _column(name: str, wanted: str, cast: str) -> str:
    if name == wanted and not cast:
        return literal(name)
    if wanted.isidentifier():
        return f"{wanted}=pl.col({literal(name)}){cast}"
    return f"pl.col({literal(name)}){cast}.alias({literal(wanted)})"


def _and(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
