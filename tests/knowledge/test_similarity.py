from itertools import product

from polytask.knowledge import alike


def test_it_is_a_share_and_the_same_both_ways(facts):
    figures = product([1, 10, 10**7], [2, 1000], [1.0, 1e5], ["", "zh"])
    every = [facts(rows=r, classes=c, length=n, language=lang) for r, c, n, lang in figures]
    for one, other in product(every, every):
        assert 0 < alike(one, other) <= 1
        assert alike(one, other) == alike(other, one)
        assert (alike(one, other) == 1) == (one == other)


def test_another_kind_or_modality_says_nothing(facts):
    assert alike(facts(), facts(kind="ordinal")) == 0
    assert alike(facts(), facts(modality="image")) == 0
