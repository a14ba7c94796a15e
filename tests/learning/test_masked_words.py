from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from polytask._errors import ConfigError
from polytask.learning.masked_words import MaskedWords, masked, objective

MASK = 4
WORDS = torch.arange(10, 60)


def test_the_proportions_of_what_is_chosen_and_shown() -> None:
    torch.manual_seed(0)
    ids = WORDS[torch.randint(len(WORDS), (400, 500))]
    readable = torch.ones_like(ids, dtype=torch.bool)
    readable[:, :100] = False
    shown, chosen = masked(ids, readable, 0.15, MASK, WORDS)
    count = int(chosen.sum())
    assert not chosen[:, :100].any()
    assert torch.equal(shown[~chosen], ids[~chosen])
    # four deviations of a binomial around each share
    assert count / 160_000 == pytest.approx(0.15, abs=4 * math.sqrt(0.15 * 0.85 / 160_000))
    hidden = int((shown[chosen] == MASK).sum()) / count
    same = int((shown[chosen] == ids[chosen]).sum()) / count
    assert hidden == pytest.approx(0.8, abs=4 * math.sqrt(0.8 * 0.2 / count))
    by_chance = 0.1 + 0.1 / len(WORDS)  # another sub-word may be the very same
    assert same == pytest.approx(by_chance, abs=4 * math.sqrt(0.1 * 0.9 / count))
    others = shown[chosen & (shown != ids) & (shown != MASK)]
    assert set(others.tolist()) == set(WORDS.tolist())


@pytest.fixture
def asked(world, tiny) -> tuple[MaskedWords, dict[str, torch.Tensor]]:
    _, fold = world.pick("grade")
    made = objective(world.tasks["grade"], tiny, fold, share=0.3, tied=True)
    prepared = tiny.prepare(fold.train["notes"].inputs)
    tiny.eval()
    return made, tiny.collate(prepared, range(6))


def test_the_loss_by_hand(tiny, asked) -> None:
    made, batch = asked
    torch.manual_seed(3)
    found = made.price(tiny, batch)
    torch.manual_seed(3)
    special = set(tiny.tokenizer.all_special_ids)
    ids = batch["input_ids"]
    readable = torch.tensor([[i not in special for i in row] for row in ids.tolist()])
    shown, chosen = masked(ids, readable, 0.3, made.mask, made.words)
    assert chosen.any()
    output = tiny.model(input_ids=shown, attention_mask=batch["attention_mask"])
    table = tiny.model.get_input_embeddings().weight
    costs = []
    for row, place in chosen.nonzero().tolist():
        logits = made.above(output.last_hidden_state[row, place]) @ table[made.words].T + made.bias
        right = made.words.tolist().index(int(ids[row, place]))
        costs.append(-functional.log_softmax(logits, 0)[right].item())
    expected = sum(costs) / len(costs) / math.log(len(made.words))
    assert found.item() == pytest.approx(expected, rel=1e-5)


def test_the_words_are_those_of_the_rows_and_no_special_ones(world, tiny, asked) -> None:
    made, _ = asked
    every = tiny.prepare(world.fold.train["notes"].inputs).items
    held = {i for item in every for sequence in item.sequences for i in sequence}
    assert set(made.words.tolist()) == held - set(tiny.tokenizer.all_special_ids)


def test_a_batch_in_which_nothing_was_chosen_costs_nothing(tiny, asked) -> None:
    made, batch = asked
    made.share = 0.0
    loss = made.price(tiny, batch)
    loss.backward()
    assert loss.item() == 0.0
    assert all(torch.isfinite(p.grad).all() for p in made.parameters() if p.grad is not None)


@pytest.mark.parametrize("tied", [True, False])
def test_the_table_is_the_embedding_or_learned(world, tiny, tied) -> None:
    _, fold = world.pick("grade")
    made = objective(world.tasks["grade"], tiny, fold, share=0.15, tied=tied)
    learned = {name for name, _ in made.named_parameters()}
    assert ("table" in learned) is not tied
    same = torch.equal(made.table, tiny.model.get_input_embeddings().weight[made.words])
    assert same is tied


def test_without_a_mask_or_words_it_is_refused(world, tiny) -> None:
    task = world.tasks["grade"]
    with pytest.raises(ConfigError, match="no sub-word that it could hide"):
        MaskedWords(task, tiny, torch.tensor([0, 1]), share=0.15, tied=True)
    tiny.tokenizer.mask_token = None
    with pytest.raises(ConfigError, match=r"tokenizer has a mask.*use SimCSE\(\)"):
        MaskedWords(task, tiny, WORDS, share=0.15, tied=True)
