"""From cells to targets, kind by kind; contradictions refused with their row."""

import polars as pl
import pytest

from polytask._errors import ConfigError, DataError
from polytask.tasks.loading_targets import Column, Wanted, label_order, read_targets


def read(cells, kind="", tokens=None, **more):
    series = pl.Series("y", cells, strict=False)
    words = None if tokens is None else pl.Series(tokens)
    wanted = Wanted("task", "y", kind, more.get("map", {}), more.get("labels", ()))
    return read_targets(Column(series, lambda row: f"data.csv:{row + 2}", words), wanted)


def test_labels_are_stripped_and_empty_ones_missing():
    found = read([" a", "b ", "", None, "a"] * 3)
    assert found.kind == "binary"
    assert list(found.values)[:5] == ["a", "b", None, None, "a"]


@pytest.mark.parametrize(
    ("cells", "labels"),
    [
        ([0, 1, 0, 1], ["0", "1", "0", "1"]),
        ([0.0, 1.0, None, 1.0], ["0", "1", None, "1"]),
        ([True, False, True, None], ["true", "false", "true", None]),
        (["1.0", "0", "1", "0.0"], ["1", "0", "1", "0"]),
    ],
)
def test_codes_become_labels(cells, labels):
    assert list(read(cells, "binary").values) == labels


def test_stated_kind_wins():
    assert read([1, 2, 3] * 9, "regression").values[0] == 1.0
    assert read(["1", "2", "3"] * 9, "multiclass").kind == "multiclass"
    assert read(["a", "b"] * 9, "multiclass").kind == "multiclass"


def test_numbers_as_text_with_a_late_gap():
    found = read([*[f"{i}.5" for i in range(60)], "n/a", "", "inf", "nan"])
    assert found.kind == "regression"
    assert list(found.values)[-4:] == [None, None, None, None]
    (finding,) = found.findings
    assert (finding.code, finding.count) == ("bad_number", 4)
    assert "data.csv:62 ('n/a')" in finding.message


def test_typed_nan_and_infinity_are_missing():
    found = read([1.5, float("nan"), float("inf"), 2.5, 3.0])
    assert list(found.values) == [1.5, None, None, 2.5, 3.0]
    assert found.findings[0].count == 2


@pytest.mark.parametrize("cells", [[1.0, 2.0, 3.0, 1e31, -1e300], ["1", "2", "3", "1e31"] * 15])
def test_numbers_whose_squares_overflow_are_not_learned_from(cells):
    try:
        found = read(cells, "regression")
    except DataError as error:
        assert "data.csv:5, column 'y': '1e31' is no number from -1e+30 to 1e+30" in str(error)
    else:
        assert list(found.values) == [1.0, 2.0, 3.0, None, None]
        assert "data.csv:5 (1e+31), data.csv:6 (-1e+300)" in found.findings[0].message


def test_labels_beyond_whole_numbers_stay_as_written():
    labels = ["123456789012345678901", "123456789012345678902"]
    assert read(labels * 9, "multiclass").values[:2] == labels


def test_regression_on_words_names_the_row():
    with pytest.raises(DataError, match=r"data\.csv:4, column 'y': 'red' is no number.*`kind`"):
        read(["1", "2", "red", "blue", "green", "3"], "regression")


REFUSED = {
    "empty": (([None, None], ""), r"'y' of task 'task' is empty in every row"),
    "blank text": ((["", " "], "multiclass"), r"is empty in every row"),
    "constant labels": ((["a"] * 9, "multiclass"), r"is constant.*Choose another `target`"),
    "constant numbers": (([2.5] * 9, "regression"), r"is constant"),
    "unique labels": ((["a", "b", "c"], "multiclass"), r"another value in each of its 3 rows"),
    "unique unstated": ((["a", "b", "c"], ""), r"another value in each of its 3 rows"),
    "three as binary": ((["a", "b", "c"] * 3, "binary"), r"has 3 labels, and `kind: binary`"),
    "lists as classes": (([["a"], ["b"]] * 3, "multiclass"), r"holds lists"),
    "lists as numbers": (([["a"], ["b"]] * 3, "regression"), r"holds no numbers"),
    "tags without tokens": (([["O"], ["O"]] * 3, "tagging"), r"needs an `input` column"),
    "unique lists": (([["a"], ["b"]], "multilabel"), r"no label that stands in two rows"),
    "bytes": (([b"a", b"b"], ""), r"neither labels, numbers nor lists"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    arguments, message = REFUSED[case]
    with pytest.raises(DataError, match=message):
        read(*arguments)


def test_unknown_kind_offers_the_nearest():
    with pytest.raises(ConfigError, match=r"unknown `kind` 'taging': did you mean 'tagging'"):
        read(["a", "b"] * 3, "taging")


def test_ordinal_order_by_number_scale_or_statement():
    assert read([3, 1, 2, 10] * 3, "ordinal").order == ("1", "2", "3", "10")
    assert read(["high", "low", "medium"] * 3).order == ("low", "medium", "high")
    assert read(["x", "y", "z"] * 3, "ordinal", labels=("z", "y", "x")).order == ("z", "y", "x")
    with pytest.raises(ConfigError, match=r"order of 'x', 'y', 'z' is not known; give `labels"):
        read(["x", "y", "z"] * 3, "ordinal")
    with pytest.raises(ConfigError, match=r"`labels` lacks 'z'"):
        read(["x", "y", "z"] * 3, "ordinal", labels=("x", "y"))


def test_map_renames_labels_and_decides_the_kind():
    assert read(["a", "b", "c"] * 3, map={"c": "b"}).kind == "binary"
    assert read([0, 1, 2] * 3, map={"2": "1"}).values[2] == "1"
    lists = read([["p", "q"], ["q"]] * 3, map={"p": "q"})
    assert list(lists.values)[:2] == [["q"], ["q"]]
    with pytest.raises(ConfigError, match=r"`map` names 'd', which is not in the column 'y'"):
        read(["a", "b", "c"] * 3, map={"d": "b"})


def test_multilabel_from_lists_or_text_without_doubles():
    found = read([["a", "a", "b"], [], None, ["b"]])
    assert (found.kind, list(found.values)) == ("multilabel", [["a", "b"], [], None, ["b"]])
    assert read(['["a", "b"]', '["a"]'], "multilabel").values[0] == ["a", "b"]


def test_tagging_is_seen_beside_tokens():
    found = read([["O", "B-x"]] * 6, tokens=[["a", "b"]] * 6)
    assert (found.kind, found.values[0]) == ("tagging", ["O", "B-x"])
    assert read(["O B-x"] * 6, "tagging", tokens=[["a", "b"]] * 6).values[0] == ["O", "B-x"]
    with pytest.raises(DataError, match=r"data\.csv:2: .*another number of tags than tokens"):
        read([["O"]] * 6, "tagging", tokens=[["a", "b"]] * 6)


def test_one_label_a_row_is_no_tagging():
    said = r"data\.csv:3: .* in 5 rows \(1 tags and 2 tokens in this one\).*another `kind`"
    with pytest.raises(DataError, match=said):
        read(["yelp", *["imdb"] * 5], "tagging", tokens=[["one"], *[["a", "b"]] * 5])


@pytest.mark.parametrize(
    ("cells", "kind", "message"),
    [
        (["no", "yes"] * 9, "binary", r"`labels` lacks 'no': .*Known: pos"),
        ([["a", "b"], ["a"]] * 9, "multilabel", r"`labels` lacks 'a'"),
        ([1.5, 2.5] * 9, "regression", r"a regression, which has no `labels`"),
    ],
)
def test_labels_that_do_not_fit_are_refused_for_every_kind(cells, kind, message):
    with pytest.raises(ConfigError, match=message):
        read(cells, kind, labels=("pos",))


def test_a_label_with_one_row_is_said():
    (finding,) = read(["a", "b"] * 9 + ["c"]).findings
    assert finding.code == "rare_class"
    assert "'c'" in finding.message


def test_label_order():
    assert label_order([], ()) == ()
    assert label_order(["b", "a"], ("low", "b", "a")) == ("b", "a")
    assert label_order(["2", "-1", "10"], ()) == ("-1", "2", "10")
