"""The proof, the certificate, and what is refused."""

import json
import shutil

import numpy as np
import pytest

from polytask._errors import ModelError, OutputError
from polytask.universal.machine import u15_2, utm_2_18
from polytask.universal.proving import digest, prove


@pytest.fixture(scope="module")
def proved(tmp_path_factory):
    return prove(tmp_path_factory.mktemp("universal") / "proof", quick=True)


@pytest.mark.slow
def test_the_certificate_says_what_was_run_and_compared(proved):
    told = json.loads((proved.folder / "certificate.json").read_text())
    assert told == proved.certificate
    machine = told["machines"]["UTM(2,18)"]
    assert (machine["entries"], machine["answers_right"]) == (36, 108)
    assert machine["table_sha256"] == utm_2_18().digest()
    assert machine["model_sha256"] == digest(proved.folder / machine["model"])
    (run,) = told["runs"]
    assert (run["steps"], run["steps_compared"], run["questions"]) == (2_841, 2_841, 2_842)
    assert run["last_word"] == [3, 1]
    assert "finite function" in told["not_shown"]


@pytest.mark.slow
def test_the_same_models_prove_it_again(proved, tmp_path):
    again = prove(tmp_path / "again", models=proved.folder / "models", quick=True)
    for key in ("runs", "program_sha256"):
        assert again.certificate[key] == proved.certificate[key]


@pytest.mark.slow
def test_a_tampered_model_is_refused_and_no_certificate_is_written(proved, tmp_path):
    from safetensors.numpy import load_file, save_file

    shutil.copytree(proved.folder / "models", tmp_path / "models")
    changed = []
    for path in (tmp_path / "models").rglob("*.safetensors"):
        tensors = load_file(path)
        for name in [name for name, tensor in tensors.items() if tensor.shape == (3,)]:
            tensors[name] += np.array([0, 50, 0], np.float32)  # a bias: R for L, q1 for q2
            changed.append(name)
        save_file(tensors, path)
    assert len(changed) == 2  # the heads of moves and states
    with pytest.raises(ModelError, match="state q1 reading 1: move is 'R', the table says 'L'"):
        prove(tmp_path / "out", models=tmp_path / "models", quick=True)
    assert not (tmp_path / "out" / "certificate.json").exists()


@pytest.mark.slow
def test_a_folder_that_is_there_or_lacks_a_model_is_refused(proved, tmp_path):
    with pytest.raises(OutputError, match="exists and was not touched"):
        prove(proved.folder)
    with pytest.raises(ModelError, match="is not there: --models takes the folder"):
        prove(tmp_path / "out", models=tmp_path, quick=True)


@pytest.mark.slow
def test_all_three_programs_run_on_the_model_step_by_step(tmp_path):
    proof = prove(tmp_path / "proof")
    runs = {run["name"]: run for run in proof.certificate["runs"]}
    assert {name: run["steps_compared"] for name, run in runs.items()} == {
        "tag system": 2_841,
        "copy": 39_065,
        "binary increment": 434_209,
    }
    assert runs["copy"]["questions"] == 39_066  # the model answered live, and once to halt
    assert runs["copy"]["last_word"] == [-2, 1, 1]
    assert runs["binary increment"]["questions"] == 30
    assert runs["binary increment"]["last_word"] == [-3, 1, 2, 3]
    assert proof.certificate["machines"]["U15,2"]["table_sha256"] == u15_2().digest()
