"""Loading real sets of the development data."""

from pathlib import Path

import pytest

from polytask.tasks import load

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared development data is not there")


@pytest.mark.slow
@pytest.mark.shared
@shared
def test_shared_tables_and_leaks():
    taskset = load([SHARED / "snips", SHARED / "sst", SHARED / "subj", SHARED / "sick"])
    assert taskset["intent"].table == taskset["slots"].table == "snips"
    assert taskset["fine"].table == taskset["binary"].table == "sst"
    assert taskset["relatedness"].table == taskset["entailment"].table == "sick"
    leaks = {(f.where, f.count) for f in taskset.findings if "sst test rows" in f.message}
    assert ("subj", 233) in leaks
    assert [taskset.tables["snips"].final.tolist().count(s) for s in ("test",)] == [700]


@pytest.mark.shared
@shared
def test_cardiac_folds_are_grouped_by_patient(tmp_path):
    folder = SHARED / "cardiac_mri_scd"
    (tmp_path / "tasks.yaml").write_text(
        f"tasks:\n  plane: {{data: {folder}, input: image, target: plane, "
        "split: {folds: 5, group: patient}}\n"
    )
    (table,) = load(tmp_path / "tasks.yaml").tables.values()
    assert (table.folds, table.group) == (5, "patient")
    assert all(100 <= int((fold == "test").sum()) <= 145 for fold in table.splits)
