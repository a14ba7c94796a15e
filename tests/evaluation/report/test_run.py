"""The values of a run: documented in full, light to import, readable for good."""

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import pytest

import polytask.evaluation.report as door
from polytask.evaluation.report import Report
from polytask.evaluation.report.storing import from_json, to_json

ROOT = Path(__file__).parents[3]
GOLDEN = Path(__file__).parent / "golden"
VALUES = [value for value in vars(door).values() if dataclasses.is_dataclass(value)]


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_every_key_is_documented(kind):
    text = (ROOT / "docs" / "report.md").read_text(encoding="utf-8")
    missing = [f.name for f in dataclasses.fields(kind) if f"`{f.name}`" not in text]
    # an Estimate is documented where it is used
    assert missing == [] or kind is door.Estimate


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_values_are_frozen(kind):
    assert kind.__dataclass_params__.frozen


def test_the_door_is_exact():
    shown = {name for name in vars(door) if not name.startswith("_")}
    modules = {
        "front",
        "jsonform",
        "language",
        "naming",
        "run",
        "sentence",
        "storing",
        "task",
        "preview",
    }
    assert set(door.__all__) - shown == set()
    assert shown - set(door.__all__) <= modules


def test_a_report_is_read_with_the_standard_library_alone():
    code = (
        "import sys, polytask.evaluation.report, polytask.evaluation.rendering; "
        "print(sorted({'numpy', 'torch', 'rich', 'PIL', 'sklearn', 'polars'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("report_*.json")), ids=lambda p: p.name)
def test_reports_of_every_released_format_are_read(path):
    report = from_json(path.read_text(encoding="utf-8"))
    assert isinstance(report, Report)
    assert len(report.tasks) == 9
    assert report.tasks["intent"].control.recipe == "FineTune(epochs=3)"
    if report.format == 1:
        assert to_json(report) == path.read_text(encoding="utf-8")


def test_docs_name_no_key_that_does_not_exist():
    text = (ROOT / "docs" / "report.md").read_text(encoding="utf-8")
    known = {field.name for kind in VALUES for field in dataclasses.fields(kind)}
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", text, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert len(named) > 50
    assert named <= known
