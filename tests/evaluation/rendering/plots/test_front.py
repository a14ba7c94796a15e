from dataclasses import replace

from polytask.evaluation.rendering.plots.front import picture, points
from polytask.evaluation.report import Front, Offer, Timing

OFFERS = (
    Offer("1", {"a": "words"}, {"a": 0.7}, 0.7, 0.2, 0.2, 1_000_000, allowed=False),
    Offer("2", {"a": "probe"}, {"a": 0.9}, 0.9, 0.0, 0.0, 90_000_000, chosen=True),
)


def report(nine, front, times=None):
    return replace(nine, front=front, timing=Timing(front=times or {}))


def test_points_stand_at_their_size_or_time(nine):
    front = Front("small", None, OFFERS)
    found = points(report(nine, front), front)
    assert [(one.name, one.weight, one.worth, one.kind) for one in found] == [
        ("1", 1e6, 0.7, "refused"),
        ("2", 9e7, 0.9, "chosen"),
    ]
    front = Front("fast", 4.0, OFFERS)
    found = points(report(nine, front, {"1": 5.0, "2": 3.0}), front)
    assert [(one.name, one.weight, one.kind) for one in found] == [
        ("2", 3.0, "chosen"),
        ("1", 5.0, "beaten"),
    ]


def test_without_points_the_loss_is_drawn(nine):
    front = Front("small", None, tuple(replace(one, value=None) for one in OFFERS))
    assert [one.worth for one in points(report(nine, front), front)] == [-0.2, 0.0]


def test_one_choice_is_no_picture_and_one_without_time_no_point(nine):
    front = Front("small", None, OFFERS[1:])
    assert picture(report(nine, front), front) is None
    front = Front("fast", None, OFFERS)
    assert picture(report(nine, front, {"1": 1.0}), front) is None


def test_a_dot_a_choice_a_line_for_the_bound_and_a_text_alternative(nine):
    front = Front("fast", 2.0, OFFERS)
    drawn = picture(report(nine, front, {"1": 0.5, "2": 6.0}), front)
    assert drawn.count("<circle") == 2
    assert 'class="floor"' in drawn
    assert 'aria-label="dev result against the time of one row"' in drawn
    assert "2: 6 ms, 90.0" in drawn
