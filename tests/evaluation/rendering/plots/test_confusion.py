"""Confusion tables and maps."""

from polytask.evaluation.rendering.plots.confusion import FEW, Pair, most_confused, plot, shares
from polytask.evaluation.report import Confusion

THREE = Confusion(("a", "b", "c"), ((8, 2, 0), (5, 5, 0), (0, 0, 0)))


def test_shares_are_of_the_row():
    assert shares(THREE) == [[0.8, 0.2, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 0.0]]


def test_most_confused_pairs_come_first():
    assert most_confused(THREE) == [Pair("b", "a", 5, 0.5), Pair("a", "b", 2, 0.2)]
    assert len(most_confused(THREE, 1)) == 1


def test_a_token_without_answer_has_a_name():
    drawn = plot("t", Confusion(("O", ""), ((3, 1), (0, 0))))
    assert "(no answer)" in drawn


def test_few_classes_are_a_table():
    drawn = plot("t", THREE)
    assert drawn.count("<td") == 9
    assert 'style="--s:0.800" title="80%">8</td>' in drawn
    assert "<svg" not in drawn


def test_many_classes_are_a_map_with_pairs():
    count = FEW + 1
    counts = tuple(
        tuple(9 if i == j else int(j == i + 1) for j in range(count)) for i in range(count)
    )
    drawn = plot("t", Confusion(tuple(f"<{i}>" for i in range(count)), counts))
    assert drawn.count("<rect") == 1 + count + count - 1  # frame, diagonal, mistakes
    assert "&lt;0&gt; → &lt;1&gt;: 1" in drawn
    assert "Most confused" in drawn
    assert f"confusion of {count} classes" in drawn
