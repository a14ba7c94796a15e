from polytask.evaluation.report.front import Front, Offer, dominated

OFFERS = (
    Offer("1", {"a": "x"}, loss=0.004, bytes=1),
    Offer("2", {"a": "y"}, loss=0.004, bytes=5),
    Offer("3", {"a": "z"}, loss=0.0, bytes=9, chosen=True),
)


def test_what_another_equals_in_one_and_beats_in_the_other_is_dominated():
    assert dominated(OFFERS, {one.name: float(one.bytes) for one in OFFERS}) == {"2"}
    assert dominated(OFFERS, {"1": 9.0, "2": 1.0, "3": 1.0}) == {"1", "2"}


def test_equals_do_not_dominate_each_other_and_the_unknown_is_left_alone():
    assert dominated(OFFERS[:2], {"1": 1.0, "2": 1.0}) == set()
    assert dominated(OFFERS, {"3": 1.0}) == set()


def test_the_chosen_one_is_known():
    assert Front("small", None, OFFERS).chosen == OFFERS[2]
    assert Front("small", None, OFFERS[:2]).chosen is None
