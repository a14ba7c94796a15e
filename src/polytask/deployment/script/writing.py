"""From a subject to the text of a program: the template of its family, filled."""

from __future__ import annotations

import json
import platform
import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FunctionLoader, StrictUndefined

from polytask.deployment.script import wording
from polytask.deployment.script.importing import imports, packages
from polytask.deployment.script.networks import network_facts
from polytask.deployment.script.subject import TUNED, check
from polytask.learning.recipes.probe import Probe
from polytask.learning.recipes.tfidf_linear import TfidfLinear

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.deployment.script.reading import Reading
    from polytask.deployment.script.subject import Subject

_TEMPLATES = Path(__file__).parent / "templates"
_FAMILIES = {
    "FineTune": "tune.py.j2",
    "TopLayers": "tune.py.j2",
    "Probe": "probe.py.j2",
    "TfidfLinear": "tfidf.py.j2",
}
FREQUENT = 1_000
"""Texts from which a term must occur twice to count."""


@dataclass(frozen=True)
class Written:
    """A program and what stands beside it.

    Args:
        program: Its text.
        rows: The numbers of its rows, as JSON; "" where the files are the splits.
    """

    program: str
    rows: str = ""


def written(subject: Subject, name: str) -> Written:
    """The program of `subject`, to be saved as `name`.

    Raises:
        ConfigError: No template is there for it.
    """
    check(subject)
    family = type(subject.recipe).__name__
    engine = _engine()
    facts = {**_facts(subject), "name": name}
    if subject.encoder is not None:
        facts |= network_facts(subject)
    body = engine.get_template(_FAMILIES[family]).render(facts)
    block = imports(body)
    facts["requirements"] = [f"{one}=={_version(one)}" for one in packages(block)]
    head = engine.get_template("_head.j2").render(facts)
    return Written(f"{head.strip()}\n\n{block}\n\n{_tidy(body)}", _rows(subject.readings))


def _engine() -> Environment:
    engine = Environment(
        loader=FunctionLoader(_template),
        trim_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    engine.filters["py"] = wording.literal
    engine.filters["path"] = wording.path
    return engine


def _template(name: str) -> str:
    """A template with its lines of `%%` as blocks; line statements would eat empty lines."""
    text = (_TEMPLATES / name).read_text(encoding="utf-8")
    return re.sub(r"^%%(.*)$", r"{%\1 %}", text, flags=re.MULTILINE)


def _facts(subject: Subject) -> dict[str, Any]:
    tasks, first = subject.tasks, subject.tasks[0]
    tagged = [task.name for task in tasks if task.kind == "tagging"]
    joint = len(tasks) > 1
    numbers, family = first.kind == "regression", type(subject.recipe).__name__
    return {
        "r": subject.recipe,
        "seed": subject.seed,
        "threads": subject.threads,
        "bf16": subject.dtype == "bfloat16",
        "weights": wording.weights(subject.weights) if subject.weights else "",
        "python": ".".join(platform.python_version_tuple()[:2]),
        "tasks": [{"name": t.name, "figure": wording.figure(subject, t.name)} for t in tasks],
        "title": wording.title(subject),
        "story": wording.story(subject),
        "joint": joint,
        "kind": "" if joint else first.kind,
        "metric": first.metric,
        "modality": first.inputs[0].modality,
        "mode": wording.mode(first),
        "columns": [column.name for column in first.inputs],
        "any_tagged": bool(tagged),
        "tagged": bool(tagged),
        "both": joint and 0 < len(tagged) < len(tasks),
        "any_spans": any(task.bio for task in tasks),
        "learns_labels": not joint and first.kind in ("multilabel", "regression"),
        "lower": first.metric in ("mae", "rmse"),
        "by_rows": any(not reading.whole for reading in subject.readings.values()),
        "folder": wording.place(_folder(subject.readings)),
        "labels_constant": "" if numbers else wording.labels(tasks, tagged),
        "labels_code": wording.labels_code(subject),
        "label_type": wording.label_type(subject),
        "score": wording.score(first),
        "score_story": wording.METRIC_NAMES[first.metric],
        "report": wording.report(first),
        "metrics_code": wording.metrics(tasks) if joint else "",
        "trains": family in TUNED,
        "two": len(first.labels) == 2,
        "model_type": _model_type(family, first.kind),
        "least": 2 if subject.counts[first.name][1] >= FREQUENT else 1,
        "grid": _grid(subject),
        **_tables(subject),
    }


def _model_type(family: str, kind: str) -> str:
    if family == "Probe":
        return "Pipeline"
    return "TransformedTargetRegressor" if kind == "regression" else "OneVsRestClassifier"


def _grid(subject: Subject) -> list[float]:
    """What a linear recipe tries, from smooth to close; empty for others."""
    if isinstance(subject.recipe, Probe):
        return list(subject.recipe.grid)
    if not isinstance(subject.recipe, TfidfLinear):
        return []
    return list(subject.recipe.grid(subject.tasks[0]))


def _tables(subject: Subject) -> dict[str, Any]:
    """What a program says of files and rows."""
    several = len(subject.readings) > 1
    constants, tables = [], []
    for number, (name, reading) in enumerate(subject.readings.items()):
        start = f"{wording.constant(name)}_" if several else ""
        constants.append(_files(f"{start}FILES", reading, subject))
        tables.append(
            {
                "frame": _frame(f"{start}FILES", reading),
                "rows": _chosen(name, reading, several),
                "selection": wording.selection(subject, name, number if several else None),
            }
        )
    return {"tables_code": "\n".join(constants), "tables": tables}


def _files(constant: str, reading: Reading, subject: Subject) -> str:
    base = _folder(subject.readings)
    inside = {n: (reading.folder / n).relative_to(base).as_posix() for n in reading.files}
    if reading.whole:
        value: Any = {split: inside[file] for split, file in reading.whole.items()}
    else:
        value = list(inside.values())
    return wording.assign(constant, value)


def _frame(constant: str, reading: Reading) -> str:
    if reading.whole:
        return reading.call.format(f"folder / {constant}[split]")
    if len(reading.files) == 1:
        return reading.call.format(f"folder / {constant}[0]")
    return f"pl.concat([{reading.call.format('folder / name')} for name in {constant}])"


def _chosen(name: str, reading: Reading, several: bool) -> str:
    if reading.whole:
        return "frame"
    if several:
        return f"frame[rows[{json.dumps(name, ensure_ascii=False)}][split]]"
    return "frame[json.loads(ROWS.read_text())[split]]"


def _folder(readings: Mapping[str, Reading]) -> Path:
    import os

    return Path(os.path.commonpath([reading.folder for reading in readings.values()]))


def _rows(readings: Mapping[str, Reading]) -> str:
    found: dict[str, Mapping[str, Sequence[int]]] = {
        name: reading.rows for name, reading in readings.items() if not reading.whole
    }
    if not found:
        return ""
    plain: Any = found if len(readings) > 1 else next(iter(found.values()))
    return json.dumps({key: _listed(value) for key, value in plain.items()}) + "\n"


def _listed(value: Any) -> Any:
    return {k: list(v) for k, v in value.items()} if isinstance(value, dict) else list(value)


def _version(package: str) -> str:
    return version(package).partition("+")[0]


def _tidy(body: str) -> str:
    """`body` with at most two empty lines together, as templates that are left out leave more."""
    lines: list[str] = []
    for line in body.strip("\n").splitlines():
        if line.strip() or lines[-2:] != ["", ""]:
            lines.append(line.rstrip())
    return "\n".join(lines) + "\n"
