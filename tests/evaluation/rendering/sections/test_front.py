"""The choices of parts that a model was taken from."""

from dataclasses import replace

import pytest

from polytask.evaluation.rendering import html, terminal
from polytask.evaluation.rendering.sections.front import section
from polytask.evaluation.report import Front, Latency, Offer, Timing, sentence

OFFERS = (
    Offer("1", {"a": "words"}, {"a": 0.7}, 0.7, 0.2, 0.2, 1_000_000, allowed=False),
    Offer("2", {"a": "probe"}, {"a": 0.895}, 0.895, 0.005, 0.005, 90_000_000, chosen=True),
    Offer("3", {"a": "joint"}, {"a": 0.895}, 0.895, 0.005, 0.005, 95_000_000),
    Offer("4", {"a": "tuned"}, {"a": 0.9}, 0.9, 0.0, 0.0, 180_000_000),
)
TIMES = {"1": 0.5, "2": 6.0, "3": 7.0, "4": 14.0}


@pytest.fixture
def weighed(nine):
    def made(prefer="small", bound=None, row=6.1):
        timing = Timing(latency=Latency(3.1, 21.5, row), front=TIMES)
        return replace(nine, front=Front(prefer, bound, OFFERS), timing=timing)

    return made


def test_a_line_a_choice_says_what_became_of_it(weighed):
    drawn = section(weighed())
    assert drawn.count("<tr>") == 5
    assert ">loses too much<" in drawn
    assert "another is as light and as good" in drawn
    assert "it could have been" in drawn
    assert ">delivered<" in drawn
    assert "90 MB" in drawn and "6 ms" in drawn and ">89.5<" in drawn
    assert "the smallest is delivered" in drawn


def test_a_bound_is_told_and_whether_it_is_met(weighed):
    drawn = section(weighed("accurate", 10.0))
    assert "One row may take 10 ms at most." in drawn
    assert "6.1 ms: the bound is met" in drawn
    assert "takes too long" in drawn  # the fourth
    assert "6.1 ms: the bound is not met" in section(weighed("fast", 5.0))


def test_it_stands_in_page_and_terminal_only_where_something_was_weighed(nine, weighed):
    assert section(nine) is None
    assert "The front" not in html(nine)
    assert "The front" in html(weighed())
    told = str(terminal(weighed()).renderables[-2:])
    assert "the smallest is delivered" in str([str(r) for r in terminal(weighed()).renderables])
    assert told


def test_the_sentence_says_what_was_preferred_and_of_the_bound_only_with_speed(weighed):
    assert "chosen for size, 2× smaller than the best on dev;" in sentence(weighed())
    late = weighed("fast", 5.0)
    assert "chosen for speed;" in sentence(late)
    told = "one row takes 6.1 ms of at most 5, so the bound is not met"
    assert told in sentence(late, speed=True)
    met = sentence(weighed("accurate", 10.0), speed=True)
    assert "one row takes 6.1 ms of at most 10;" in met


def test_where_nothing_could_be_measured_the_bound_is_told_all_the_same(nine):
    front = Front("fast", 5.0, ())
    report = replace(nine, front=front, timing=Timing(latency=Latency(3.1, 21.5, 6.1)))
    assert "There was no time to measure the parts" in section(report)
    assert "so the bound is not met" in sentence(report, speed=True)
    assert "chosen for speed" not in sentence(report)
    assert "no time to measure" in str([str(one) for one in terminal(report).renderables])
