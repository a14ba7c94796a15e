"""`polytask universal`: the proof on the command line."""

from __future__ import annotations

import json

import pytest


def test_a_folder_that_is_there_is_refused_before_anything_is_loaded(polytask, tmp_path):
    polytask("universal", "--out", str(tmp_path)).refuses("exists and was not touched")


@pytest.mark.slow
def test_the_short_proof_is_shown_and_can_be_made_again(polytask, tmp_path):
    out = tmp_path / "proof"
    polytask("universal", "--quick", "--out", str(out)).succeeds(
        "36 of 36", "2,841", "The model alone is a finite function"
    )
    models = ["--models", str(out / "models")]
    again = polytask("universal", "--quick", "--json", "--out", str(tmp_path / "again"), *models)
    again.succeeds()
    assert json.loads(again.out)["runs"][0]["steps_compared"] == 2_841
