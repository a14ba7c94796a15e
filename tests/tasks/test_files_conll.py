from __future__ import annotations

import pytest

from polytask._errors import DataError
from polytask.tasks.files_conll import looks_like_conll, read_conll
from polytask.tasks.files_raw import Limits


def read(folder, text, name="句 子.conll", **limits):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_conll(path, Limits(**limits))


def columns(raw):
    return raw.frame.to_dict(as_series=False)


@pytest.mark.parametrize("mark", ["\t", " "])
def test_two_columns(tmp_path, mark):
    text = f"EU{mark}B-ORG\nrejects{mark}O\n\n\n猫{mark}O\r\n\r\nlast{mark}O"
    raw = read(tmp_path, text)
    assert columns(raw) == {
        "tokens": [["EU", "rejects"], ["猫"], ["last"]],
        "tags": [["B-ORG", "O"], ["O"], ["O"]],
    }
    assert raw.rows.tolist() == [1, 5, 7]
    assert raw.findings == []


def test_a_tab_separates_tokens_with_spaces(tmp_path):
    raw = read(tmp_path, "New York\tB-LOC\n.\tO\n")
    assert columns(raw)["tokens"] == [["New York", "."]]


def test_comments_are_passed_over_and_hash_tokens_kept(tmp_path):
    text = "# id = 1\n#tag O\n# O\nx B-A\n\n# newdoc\n#also a comment\ny O\n"
    raw = read(tmp_path, text)
    assert columns(raw)["tokens"] == [["#tag", "#", "x"], ["y"]]
    assert raw.rows.tolist() == [2, 8]


def test_several_tag_columns(tmp_path):
    raw = read(tmp_path, "a DT O\nb NN B-X\n\nc NN O\n")
    assert raw.frame.columns == ["tokens", "tags_1", "tags_2"]
    assert columns(raw)["tags_2"] == [["O", "B-X"], ["O"]]


def test_conll_2003_has_its_own_names_and_loses_document_marks(tmp_path):
    text = "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\n\n-DOCSTART- -X- -X- O\n\nIt PRP B-NP O\n"
    raw = read(tmp_path, text, "train.txt")
    assert raw.frame.columns == ["tokens", "pos", "chunk", "ner"]
    assert columns(raw)["tokens"] == [["EU"], ["It"]]


def test_numbered_tokens_lose_their_numbers(tmp_path):
    raw = read(tmp_path, "1\ta\tX\n2\tb\tY\n\n1\tc\tX\n")
    assert columns(raw) == {"tokens": [["a", "b"], ["c"]], "tags": [["X", "Y"], ["X"]]}


def test_conllu_gives_words_and_upos(tmp_path):
    rest = "\t_" * 5
    text = (
        "# sent_id = 1\n# text = don't go\n"
        f"1-2\tdon't\t_\t_\t_{rest}\n1\tdo\tdo\tAUX\tVB{rest}\n2\tn't\tnot\tPART\tRB{rest}\n"
        f"3\tgo\tgo\tVERB\tVB{rest}\n3.1\tgone\tgo\tVERB\tVB{rest}\n\n"
    )
    raw = read(tmp_path, text, "a.conllu")
    assert columns(raw) == {
        "tokens": [["do", "n't", "go"]],
        "upos": [["AUX", "PART", "VERB"]],
        "xpos": [["VB", "RB", "VB"]],
    }
    assert raw.rows.tolist() == [4]


def test_a_column_that_says_nothing_is_left_out_and_said(tmp_path):
    raw = read(tmp_path, "a X _\nb Y _\n")
    assert raw.frame.columns == ["tokens", "tags_1"]
    assert [(f.code, f.where) for f in raw.findings] == [("empty_column", "tags_2")]


def test_a_ragged_sentence_is_skipped_and_listed_by_line(tmp_path):
    raw = read(tmp_path, "a O\n\nb O\nc\n\nd O\n")
    assert columns(raw)["tokens"] == [["a"], ["d"]]
    (finding,) = raw.findings
    assert (finding.code, finding.count) == ("bad_row", 1)
    assert "句 子.conll:3 (a line with 1 fields where others have 2)" in finding.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("word\nword\n\n", "has no tags: CoNLL needs a token and at least one tag a line"),
        ("# only\n# comments\n", "has no tags"),
        ("a O\nx\n\nb O\ny\n\nc O\n", "2 of 3 sentences cannot be read"),
    ],
)
def test_refusals(tmp_path, text, message):
    with pytest.raises(DataError) as caught:
        read(tmp_path, text)
    assert "句 子.conll" in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a O\nb O\n\nc O\n", True),
        ("a\nb\n\nc\n", False),
        ("A readme has lines.\nThey differ in length by far, these.\n\nSee?\n", False),
        ("a O\nb O\n", False),
    ],
)
def test_what_looks_like_conll(tmp_path, text, expected):
    path = tmp_path / "a.txt"
    path.write_text(text)
    assert looks_like_conll(path) is expected


def test_a_sample_of_sentences(tmp_path):
    text = "".join(f"w{number} O\nx O\n\n" for number in range(500))
    raw = read(tmp_path, text, max_rows=100)
    assert 75 <= raw.frame.height <= 100
    first = [tokens[0] for tokens in raw.frame["tokens"].to_list()]
    assert first == [f"w{(row - 1) // 3}" for row in raw.rows]
