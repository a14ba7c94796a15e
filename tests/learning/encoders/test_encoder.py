from __future__ import annotations

import torch

from polytask.learning.encoders.tiny import tiny_text_encoder


def test_what_training_may_have_changed_is_what_is_not_frozen() -> None:
    encoder = tiny_text_encoder(["a b"])
    assert encoder.changed() is None
    encoder.remember()
    assert encoder.base_digest == encoder.digest()
    encoder.freeze(1)
    changed = encoder.changed()
    assert changed
    assert all("encoder.layer.1." in name for name in changed)


def test_dropout_is_set_everywhere() -> None:
    encoder = tiny_text_encoder(["a b"])
    encoder.set_dropout(0.25)
    rates = {m.p for m in encoder.modules() if isinstance(m, torch.nn.Dropout)}
    assert rates == {0.25}
