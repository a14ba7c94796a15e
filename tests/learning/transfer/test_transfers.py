"""What every transfer keeps; new ones are added to `EVERY` by the catalogue."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from polytask._catalogue import parse
from polytask._errors import ConfigError
from polytask.learning.encoders.text import TextEncoder
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.recipe import Context
from polytask.learning.training import Run
from polytask.learning.transfer import TRANSFERS
from polytask.tasks.task import Column, Inputs

SMALL = {"OFT": "oft_block_size=8", "VeRA": "r=4", "FourierFT": "n_frequency=20"}
SMALL |= {"MiSS": "r=4", "GraLoRA": "r=4"}
SMALL |= {"AdapterFusion": "sources=['slots'], width=4, lowest=0"}
EVERY = [f"{name}({SMALL.get(name, '')})" for name in TRANSFERS]
MADE = {text: TRANSFERS.build(parse(text)) for text in EVERY}
ADDING = [text for text, made in MADE.items() if made.adds and not made.over]
TEXTS = Inputs((Column("text"),), {"text": ["play good music in rome", "rate it", "oslo now"]})


def vectors(encoder) -> np.ndarray:
    encoder.speak(["grade"])
    prepared = encoder.prepare(TEXTS)
    encoder.speak(["grade"])
    with torch.no_grad():
        return encoder.eval()(encoder.collate(prepared, range(3))).vector.numpy()


def moved(encoder) -> None:
    """Change all that is trained, as training would."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for number in encoder.parameters():
            if number.requires_grad:
                number.add_(0.1 * torch.randn(number.shape, generator=generator))


@pytest.mark.parametrize("text", ADDING)
def test_what_is_added_is_trained_and_saved_alone(text, world, tiny_folder, tmp_path) -> None:
    encoder = TextEncoder.load(tiny_folder)
    encoder.remember()
    encoder.freeze(1)
    before = vectors(encoder)
    pretrained = {name: value.clone() for name, value in encoder.state_dict().items()}
    TRANSFERS.build(parse(text)).put(encoder, ["grade"])
    assert np.allclose(vectors(encoder), before, atol=1e-5)
    names = {name for name, value in encoder.named_parameters() if value.requires_grad}
    assert names
    assert names <= set(encoder.added())
    assert not any(".layer.0." in name for name in names)  # fixed by `freeze`
    moved(encoder)
    assert not np.allclose(vectors(encoder), before, atol=1e-4)
    kept = encoder.pretrained("model")
    assert kept is not None
    assert all(torch.equal(kept[n.removeprefix("model.")], v) for n, v in pretrained.items())

    part = NeuralPart(encoder, {"grade": head_for(world.tasks["grade"], encoder.dim)})
    for complete in (True, False):
        part.save(tmp_path / str(complete), complete=complete)
        again = NeuralPart.load(tmp_path / str(complete))
        assert np.array_equal(vectors(again.encoder), vectors(encoder))
        assert again.encoder.digest() == encoder.digest()
        again.save(tmp_path / f"again{complete}", complete=complete)
        assert (tmp_path / f"again{complete}" / "changes.safetensors").read_bytes() == (
            tmp_path / str(complete) / "changes.safetensors"
        ).read_bytes()


@pytest.mark.parametrize("text", EVERY)
def test_a_run_trains_with_it(text, world, tiny) -> None:
    method = TRANSFERS.build(parse(text))
    recipe = FineTune(epochs=2, batch_size=32, dropout=0.0, transfer=method)
    tiny.remember()
    tiny.freeze(0)
    method.put(tiny, ["intent", "slots", "about"])
    names = ("intent", "slots", "about")
    heads = {name: head_for(world.tasks[name], tiny.dim) for name in names}
    run = Run(NeuralPart(tiny, heads), world.fold, Context(), recipe)
    grouped = [p for group in run.optimiser.param_groups for p in group["params"]]
    assert len({*map(id, grouped)}) == len(grouped) == len(run.trained)
    before = [number.detach().clone() for number in run.trained]
    for _ in range(2):
        assert all(np.isfinite(loss) for loss in run.epoch().values())
        run.step(1.0 + run.progress.epoch)
    assert any(not torch.equal(a, b) for a, b in zip(before, run.trained, strict=True))
    run.finish()
    assert len([p for p in tiny.parameters() if p.requires_grad]) == len(run.trained) - 6
    assert set(tiny.changed()) >= {n for n, p in tiny.named_parameters() if p.requires_grad}


@pytest.mark.parametrize("text", EVERY)
def test_its_text_form_makes_it_again(text: str) -> None:
    made = TRANSFERS.build(parse(text))
    assert TRANSFERS.build(parse(repr(made))) == made


REFUSED = [
    ("LorA", {}, "did you mean 'LoRA'"),
    ("LoRA(rank=3)", {}, "no argument 'rank'"),
    ("LayerwiseRates(decay=0)", {}, "`decay` is above 0"),
    ("GradualUnfreezing(layers=0)", {}, "`layers` is a whole number of at least 1; found 0"),
    ("Averaging(start=1)", {}, "`start` is at least 0 and below 1; found 1"),
    ("LPFT(probing=3)", {}, "`probing` 3 epochs, and the recipe has `epochs` 3"),
    ("LPFT(probing=2)", {"patience": 1}, "`patience` 1 may end the training before"),
    ("LoRA", {"embeddings": True}, "`embeddings` trains the word embeddings; leave one"),
]


@pytest.mark.parametrize(("text", "others", "message"), REFUSED)
def test_what_cannot_be_is_refused(text, others, message) -> None:
    with pytest.raises(ConfigError, match=message):
        FineTune(transfer=TRANSFERS.build(parse(text)), **others)


def test_layers_that_are_not_there_are_refused(tiny) -> None:
    made = TRANSFERS.build(parse("LoRA(target_modules=['qery'])"))
    with pytest.raises(ConfigError, match="did you mean 'query'"):
        made.put(tiny)
