"""Which quick models there are for which tasks, and what they cost."""

from polytask.planning.writers.costs import Costs
from polytask.planning.writers.quick import TAGGED, quick_list, quick_models


def names(models):
    return [(one.recipe, [task.name for task in one.tasks]) for one in models]


def test_texts_get_words_and_a_probe_and_many_tags_words_alone(task):
    tagging = {"kind": "tagging", "metric": "span_f1"}
    topic, tags = task("topic", "s"), task("tags", "s", rows=TAGGED + 1, **tagging)
    found = quick_models([topic, tags], [topic, tags])
    assert names(found) == [("TfidfLinear()", ["topic", "tags"]), ("Probe()", ["topic"])]
    text = quick_list(found, Costs(), 2)
    assert "    (TfidfLinear(), t),\n" in text
    assert '    (Probe(), ["topic"]),\n' in text
    few = task("tags", "s", rows=TAGGED, **tagging)
    assert names(quick_models([few], [few])) == [("TfidfLinear()", ["tags"]), ("Probe()", ["tags"])]


def test_images_get_probes_that_bend_where_there_are_classes(task):
    image = {"modality": "image", "language": ""}
    ct, age = task("ct", **image), task("age", kind="regression", metric="r2", classes=0, **image)
    assert names(quick_models([ct, age], [ct, age])) == [
        ("Probe()", ["ct", "age"]),
        ("KernelProbe()", ["ct"]),
    ]


def test_without_an_encoder_there_are_words_alone(task):
    assert names(quick_models([task("x")], [])) == [("TfidfLinear()", ["x"])]


def test_features_are_computed_once_a_table(task):
    one, other = task("a", "s"), task("b", "s")
    words, probe = quick_models([one, other], [one, other])
    costs = Costs(tfidf=1.0, probe=1.0)
    assert words.seconds(costs) == 2 * probe.seconds(costs) == 10.0
