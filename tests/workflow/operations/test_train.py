from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from polytask._errors import ConfigError
from polytask._home import home
from polytask.planning.memo import Memo
from polytask.workflow import scoring
from polytask.workflow.operations.train import Log, train

JOINT = "FineTune(epochs=2, learning_rate=0.001, batch_size=16)"


def fits(state) -> int:
    return sum(event["event"] == "training" for event in state.emit)


def test_a_part_is_kept_under_its_key_with_scores_and_facts(state):
    found = train(state, ["topic"], "TfidfLinear()")
    folder = state.folder.parts / found["part"]
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    assert facts["dev"] == found["dev"]
    assert (facts["recipe"], facts["tasks"]) == ("TfidfLinear()", ["topic"])
    scored = scoring.load(folder / "dev.safetensors")["topic"]
    _, positions = scoring.targets(state.taskset, "topic", "dev")
    np.testing.assert_array_equal(scored.positions, positions)
    assert not (folder / "test.safetensors").exists()  # the test split stays closed
    assert [path.name for path in state.folder.parts.iterdir()] == [found["part"]]
    assert 0.3 <= state.pace["TfidfLinear"] <= 3.0


def test_nothing_is_trained_twice_in_a_run_or_in_another(make_state):
    first, second, fresh = make_state("a"), make_state("b"), make_state("c", fresh=True)
    found = train(first, ["topic"], "TfidfLinear()")
    assert train(first, ["topic"], "TfidfLinear()") == {**found, "reused": True}
    assert train(second, ["topic"], "TfidfLinear()") == {**found, "reused": True}
    assert (second.folder.parts / found["part"] / "part").is_dir()
    assert (fits(first), fits(second)) == (1, 0)
    assert train(fresh, ["topic"], "TfidfLinear()") == {**found, "reused": False}
    assert fits(fresh) == 1


def test_a_memo_of_a_run_that_is_gone_is_no_harm(make_state, monkeypatch):
    first, second = make_state("a"), make_state("b")
    found = train(first, ["topic"], "TfidfLinear()")

    def vanishing(*_: object) -> None:
        raise FileNotFoundError("deleted meanwhile")

    monkeypatch.setattr("shutil.copytree", vanishing)
    assert train(second, ["topic"], "TfidfLinear()") == found
    assert fits(second) == 1
    remembered = Memo(home() / "memo.sqlite").get(found["part"])
    assert remembered is not None
    assert remembered.artefact == second.folder.parts.resolve() / found["part"]


@pytest.mark.slow
def test_a_training_that_was_cut_off_goes_on_and_tells_all_epochs(make_state, monkeypatch):
    monkeypatch.setattr("polytask.learning.checkpoints.EVERY", 0.0)
    whole, cut = make_state("whole"), make_state("cut", fresh=True)
    expected = train(whole, ["topic", "mood"], JOINT)

    class Killed(Exception):  # noqa: N818
        """The process is gone."""

    def killing(event) -> None:
        if event["event"] == "epoch" and event["epoch"] == 2:
            raise Killed

    log, cut.emit = cut.emit, killing
    with pytest.raises(Killed):
        train(cut, ["topic", "mood"], JOINT)
    cut.emit = log
    found = train(cut, ["topic", "mood"], JOINT)
    assert found["part"] == expected["part"]
    facts = [
        (state.folder.parts / found["part"] / "facts.json").read_text(encoding="utf-8")
        for state in (whole, cut)
    ]
    assert facts[0] == facts[1]
    assert [e["epoch"] for e in json.loads(facts[0])["curves"]] == [1, 2]
    assert [e["epoch"] for e in log if e.get("again")] == [1]


def test_with_folds_every_row_is_scored_by_a_part_that_has_not_seen_it(make_state):
    state = make_state(source="folded.yaml")
    found = train(state, ["topic"], "TfidfLinear()")
    folder = state.folder.parts / found["part"]
    table = state.taskset.tables["data"]
    assert table.folds == 3
    for split in ("dev", "test"):
        scored = scoring.load(folder / f"{split}.safetensors")["topic"]
        assert (
            scored.positions.tolist() == scoring.targets(state.taskset, "topic", split)[1].tolist()
        )
    assert len(scored.positions) == 120


@pytest.mark.parametrize("part", ["loss=Huber(delta=1.0)", "sampling=AutoSeM(main='mood')"])
def test_a_control_without_use_for_a_part_goes_without_and_says_so(state, part):
    score = replace(state.taskset["mood"], name="score", kind="regression")
    served = {**state.taskset.tasks, "score": score}
    state.taskset = replace(state.taskset, tasks=served)
    found = train(state, ["topic"], f"FineTune(epochs=1, {part})")
    facts = json.loads((state.folder.parts / found["part"] / "facts.json").read_text("utf-8"))
    name = part.partition("=")[0]
    assert facts["notes"][0].startswith(f"topic: trained without the {name} of FineTune(")
    assert found["dev"] == train(state, ["topic"], "FineTune(epochs=1)")["dev"]


def test_a_loss_that_is_for_no_task_of_the_run_is_refused(state):
    with pytest.raises(ConfigError, match=r"CRF\(\) is for tagging tasks; found topic"):
        train(state, ["topic"], "FineTune(loss=CRF())")


def test_notes_are_kept_of_the_fit_that_is_delivered_and_all_are_told(state):
    log = Log(state, 0)
    for log.fold in ("fold 1 of 2", "fold 2 of 2", ""):
        log.take({"event": "note", "text": f"note {log.fold}".strip()})
    assert log.notes == ["note"]
    assert [event["fold"] for event in state.emit] == ["fold 1 of 2", "fold 2 of 2", ""]


def test_a_fixed_split_is_scored_once_beside_folds(make_state, monkeypatch):
    state = make_state(source="half_folded.yaml")
    assert [state.taskset.folds([name]) for name in ("topic", "mood")] == [3, 1]
    scored = []
    score_rows = scoring.score_rows

    def counting(part, rows, tasks):
        scored.append((sum(map(len, rows.values())), list(tasks)))
        return score_rows(part, rows, tasks)

    monkeypatch.setattr(scoring, "score_rows", counting)
    found = train(state, ["topic", "mood"], "TfidfLinear()")
    mood = len(scoring.targets(state.taskset, "mood", "dev")[1])
    assert scored == [(40, ["topic"])] * 6 + [(mood, ["mood"])]
    folder = state.folder.parts / found["part"]
    assert set(scoring.load(folder / "dev.safetensors")) == {"topic", "mood"}
    assert set(scoring.load(folder / "test.safetensors")) == {"topic"}  # mood's stays closed


@pytest.mark.slow
def test_a_repeat_is_another_part_on_the_same_splits(make_state):
    state, later = make_state(), make_state("later")
    first, again = (train(state, ["topic"], JOINT, repeat) for repeat in (0, 1))
    assert first == train(later, ["topic"], JOINT) | {"reused": False}
    assert first["part"] != again["part"]
    scored = [
        scoring.load(state.folder.parts / found["part"] / "dev.safetensors")["topic"]
        for found in (first, again)
    ]
    np.testing.assert_array_equal(scored[0].positions, scored[1].positions)
    assert not np.array_equal(scored[0].scores, scored[1].scores)
    assert train(later, ["topic"], JOINT, 1) == {**again, "reused": True}
    told = [event["candidate"] for event in state.emit if event["event"] == "training"]
    assert told == [f"{first['recipe']} · topic", f"{first['recipe']} · topic, repeat 1"]


@pytest.mark.slow
def test_a_part_starts_from_another_and_is_whole_without_it(make_state):
    import shutil

    from polytask.learning.part_files import load_part

    state = make_state()
    first = train(state, ["topic"], JOINT)
    folder = state.folder.parts
    found = train(state, ["mood"], "TopLayers(layers=1, epochs=1)", start=first["part"])
    alone = train(state, ["mood"], "TopLayers(layers=1, epochs=1)")
    probe = train(state, ["mood"], "Probe()", start=first["part"])
    assert len({first["part"], found["part"], alone["part"], probe["part"]}) == 4
    begun = load_part(folder / first["part"] / "part").encoder.state_dict()
    probed = load_part(folder / probe["part"] / "part").encoder
    assert probed.digest() == load_part(folder / first["part"] / "part").encoder.digest()
    shutil.rmtree(folder / first["part"])
    parts = [load_part(folder / one["part"] / "part") for one in (found, alone)]
    same = [
        {name for name, value in part.encoder.state_dict().items() if value.equal(begun[name])}
        for part in parts
    ]
    lower = "model.encoder.layer.0.attention.self.query.weight"
    assert lower in same[0]  # fixed, as the first part left it
    assert lower not in same[1]
    assert set(parts[0].tasks) == {"mood"}
    facts = json.loads((folder / found["part"] / "facts.json").read_text(encoding="utf-8"))
    assert facts["start"] == first["part"]


@pytest.mark.slow
def test_a_part_is_taught_in_a_run_as_alone_and_not_trained_twice(make_state):
    state, other = make_state("a"), make_state("b")
    control = train(state, ["topic"], "TfidfLinear()")
    taught = train(state, ["topic", "mood"], JOINT, teachers={"topic": control["part"]})
    plain = train(state, ["topic", "mood"], JOINT)
    assert taught["part"] != plain["part"]
    scores = [
        scoring.load(state.folder.parts / one["part"] / "dev.safetensors")["topic"].scores
        for one in (taught, plain)
    ]
    assert not np.array_equal(*scores)
    assert train(other, ["topic"], "TfidfLinear()")["part"] == control["part"]
    again = train(other, ["topic", "mood"], JOINT, teachers={"topic": control["part"]})
    assert again == {**taught, "reused": True}
    name = next(e["candidate"] for e in state.emit if "taught" in str(e.get("candidate")))
    assert name == f"{JOINT} · topic + mood, taught topic"


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ("TfidfLinear()", r"found TfidfLinear\(\) of mood\. Start from a part of FineTune"),
        ("FineTune(epochs=1, transfer=LoRA(r=2))", r"found FineTune\(.*LoRA.*\) of mood"),
    ],
)
def test_a_part_without_an_encoder_of_its_own_numbers_alone_is_no_start(state, recipe, message):
    first = train(state, ["mood"], recipe)
    with pytest.raises(ConfigError, match=message):
        train(state, ["topic"], JOINT, start=first["part"])


@pytest.mark.slow
@pytest.mark.parametrize(
    "recipe",
    [
        "SimCSE(batch_size=16)",
        "MaskedTokens(epochs=1)",
        "Reptile(epochs=1, inner=2, batch_size=8)",
        "ANIL(epochs=1, batch_size=8)",
    ],
)
def test_an_encoder_tuned_without_a_task_is_a_start_for_it(make_state, recipe):
    state, other = make_state("a"), make_state("b")
    first = train(state, ["mood"], recipe)
    assert set(first["dev"]) == {"mood"}
    after = train(state, ["topic"], JOINT, start=first["part"])
    assert set(after["dev"]) == {"topic"}
    assert train(other, ["mood"], recipe) == {**first, "reused": True}


def test_adapters_of_tasks_are_fused_for_another(state):
    adapters = train(state, ["mood"], "FineTune(epochs=1, transfer=Bottleneck(width=4))")
    fusing = "FineTune(epochs=1, transfer=AdapterFusion())"
    found = train(state, ["topic"], fusing, start=adapters["part"])
    assert set(found["dev"]) == {"topic"}
    with pytest.raises(ConfigError, match=r"AdapterFusion.* builds on a part: give train"):
        train(state, ["topic"], fusing)
