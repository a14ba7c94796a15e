"""Tables that cannot be used are refused with file, row or column and the way out; bad rows are
skipped, counted and listed. Each test is an entry of the project's list of bad input."""

from __future__ import annotations

import gzip
import json

import polars as pl
import pytest

WORDS = ("a great film", "good"), ("an awful film", "bad")
ROWS = [(f"{WORDS[i % 2][0]} with number {i}", WORDS[i % 2][1]) for i in range(60)]
SENTENCES = [{"tokens": ["in", f"city{i}", "now"], "tags": ["O", "B-x", "O"]} for i in range(60)]


def table(rows=ROWS, header: str = "text,label") -> str:
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"


def lines(rows) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def labels(*values: str) -> str:
    """The table with other labels, in turn."""
    return table([(text, values[i % len(values)]) for i, (text, _) in enumerate(ROWS)])


REFUSED = {
    "empty file": ("a.csv", b"", [r"a\.csv is empty: it needs"]),
    "empty jsonl": ("a.jsonl", b"", [r"a\.jsonl (is empty|has no rows): it needs"]),
    "empty parquet": ("a.parquet", b"", [r"a\.parquet is no parquet file", "write it again"]),
    "header only": ("a.csv", "text,label\n", [r"header \(text, label\) but no rows"]),
    "mixed encodings": (
        "a.csv",
        table().encode() + "très bon,good\n".encode("latin-1") + "很好,bad\n".encode(),
        [r"a\.csv mixes encodings: line 63 is UTF-8, line 62", "save the whole file as UTF-8"],
    ),
    "no JSON at all": (
        "a.jsonl",
        "hello\nworld\n",
        [r"a\.jsonl:1 \(not a JSON object\)", "format"],
    ),
    "array cut short": ("a.json", '[{"text": "a", "label": "x"}, {"te', [r"a\.json", "cut short"]),
    "not gzip": ("a.csv.gz", gzip.compress(table().encode())[:60], [r"a\.csv\.gz.*cut short"]),
    "no parquet": ("a.parquet", b"PAR1xxxxPAR1", [r"a\.parquet is damaged", "write it again"]),
    "unknown format": ("a.xlsx", b"PK", [r"a\.xlsx is of no format", "csv, tsv", "Convert it"]),
    "doubled column": (
        "a.csv",
        table(header="label,label"),
        [r"a\.csv has the column 'label' twice \(columns 1 and 2\)", "rename"],
    ),
    "doubled key": ("a.jsonl", '{"t": 1, "t": 2}\n' * 9, [r"a\.jsonl:1 has the key 't' twice"]),
    "nothing to predict": (
        "a.csv",
        labels("x"),
        ["'label': ignored, the same value in every row", "--target"],
    ),
}

WITH_TARGET = {
    "missing everywhere": (labels(""), ["'label'.*is empty in every row", "another `target`"]),
    "constant": (labels("x"), ["'label'.*is constant", "another `target`"]),
    "unique per row": (
        labels(*(f"value {i}" for i in range(60))),
        ["'label' has another value in each of its 60 rows", "another `target`"],
    ),
    "missing column": (table(header="text,labels"), ["column 'label'", "did you mean 'labels'"]),
}

SKIPPED = {
    "broken JSON line": (
        "a.jsonl",
        lines({"text": t, "label": y} for t, y in ROWS) + '{"text": "cut\n',
        [r"1 of 61 lines cannot be read, skipped: .*a\.jsonl:61 \(not a JSON object\)"],
    ),
    "ragged csv": (
        "a.csv",
        table([*ROWS, ("alone",), ("x", "good", "more")]),
        [r"2 of 62 rows.*a\.csv:62 \(1 field where.*2\), .*a\.csv:63 \(3 fields"],
    ),
    "class of one row": ("a.csv", table([*ROWS, ("lonely", "rare")]), ["one row only.*'rare'"]),
    "numbers that are none": (
        "a.csv",
        table([(t, ("NaN", "inf", "")[i] if i < 3 else i / 2) for i, (t, _) in enumerate(ROWS)]),
        [
            r"regression",
            r"cells of 'label' are no numbers from.*a\.csv:2 \('NaN'\).*:3 \('inf'\)",
        ],
    ),
    "a late n/a": (
        "a.csv",
        table([*((f"{t} {i}", i / 2) for i in range(20) for t, _ in ROWS), ("a late one", "n/a")]),
        [r"regression", r"1 cells of 'label'.*missing: data/a\.csv:1202 \('n/a'\)"],
    ),
    "uneven tags": (
        "a.jsonl",
        lines([*SENTENCES, {"tokens": ["a"], "tags": ["O", "O"]}]),
        [r"1 rows have another number of tags.*a\.jsonl:61 \(2 tags, 1 tokens\)"],
    ),
    "invalid BIO": (
        "a.jsonl",
        lines([*SENTENCES, {"tokens": ["a", "b"], "tags": ["I-x", "I-x"]}]),
        [r"tags of 1 rows were no valid BIO.*repaired: data/a\.jsonl:61"],
    ),
    "empty strings": (
        "a.csv",
        table([*ROWS, ("", "good"), ("  ", "bad")]),
        [r"2 rows without a usable input.*a\.csv:62 \('text' is empty\)"],
    ),
    "unlabelled rows": ("a.csv", table([*ROWS, ("no label", "")]), [r"label binary"]),
    "long rows": ("a.csv", table([*ROWS, ("w" * 10_000, "good")]), [r"60 rows|61 rows"]),
    "control characters": (
        "a.csv",
        table([*ROWS, ("a \x00 b \x07", "good")]),
        ["1 NUL characters; they were removed", "1 control characters; they were kept"],
    ),
    "emoji and right-to-left": ("a.csv", table([*ROWS, ("👍🏽 שלום مرحبا", "good")]), ["61 rows"]),
    "byte order mark": ("a.csv", b"\xef\xbb\xbf" + table().encode(), ["with a byte order mark"]),
    "GBK": (
        "a.csv",
        table([(f"这部电影很好看第{i}次", "好坏"[i % 2]) for i in range(60)]).encode("gbk"),
        ["is encoded in GBK", "label binary.* zh "],
    ),
    "Latin-1": (
        "a.csv",
        table([(f"très bon numéro {i}", ("oui", "non")[i % 2]) for i in range(60)]).encode(
            "latin-1"
        ),
        ["is encoded in Latin-1"],
    ),
    "UTF-16": ("a.csv", table().encode("utf-16"), ["is encoded in UTF-16"]),
    "contradicting labels": (
        "a.csv",
        table([*ROWS, ("a great film with number 0", "bad")]),
        [r"2 rows have the same input as another row.*another label.*a\.csv:2"],
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("entry", REFUSED)
def test_a_useless_file_is_refused(polytask, write, untouched, tmp_path, entry):
    name, content, patterns = REFUSED[entry]
    path = write(name, content)
    untouched(tmp_path)
    polytask("check", path).refuses(*patterns)
    polytask("run", path, "--out", tmp_path / "run").refuses(*patterns)


@pytest.mark.parametrize("entry", WITH_TARGET)
def test_a_useless_target_is_refused(polytask, write, untouched, tmp_path, entry):
    content, patterns = WITH_TARGET[entry]
    path = write("a.csv", content)
    untouched(tmp_path)
    polytask("check", path, "--target", "label").refuses(*patterns)
    polytask("init", path, "--target", "label", "-o", tmp_path / "t.yaml").refuses(*patterns)


@pytest.mark.parametrize("entry", SKIPPED)
def test_a_bad_row_is_skipped_counted_and_listed(polytask, write, untouched, tmp_path, entry):
    name, content, patterns = SKIPPED[entry]
    path = write(name, content)
    untouched(tmp_path)
    polytask("check", path).succeeds(*patterns)


def test_a_missing_file_is_refused_with_its_neighbours(polytask, write):
    write("reviews.csv", table())
    answer = polytask("check", "data/review.csv", folder=write("x.md", "").parent.parent)
    answer.refuses("data/review.csv does not exist: did you mean 'reviews.csv'")


def test_a_folder_with_nothing_usable_is_refused(polytask, write):
    folder = write("thesis.pdf", "x").parent
    polytask("check", folder).refuses("nothing that can be used. Found: thesis.pdf", "Read are csv")


def test_a_missing_input_column_is_refused_with_the_nearest(polytask, write):
    path = write("a.csv", table())
    polytask("check", path, "--input", "txt").refuses("column 'txt'", "did you mean 'text'")


def test_labels_of_the_test_split_that_training_never_had(polytask, write):
    folder = write("train.csv", table()).parent
    write("test.csv", table([*((f"another {t}", y) for t, y in ROWS[:20]), ("odd one", "strange")]))
    polytask("check", folder).succeeds(
        r"1 label\(s\) of dev or test \('strange'\) never stand in training",
        r"1 rows with them are scored as wrong, first data/test\.csv:22",
    )


def test_rows_of_the_test_split_in_training_are_found_and_removed(polytask, write):
    folder = write("train.csv", table()).parent
    write("test.csv", table([*ROWS[:5], *((f"another {t}", y) for t, y in ROWS[:30])]))
    polytask("check", folder).succeeds("5 of the train rows stand among its own test rows")


def test_lists_in_a_column_of_labels_are_refused(polytask, write):
    path = write("a.parquet", b"")
    pl.DataFrame({"text": [t for t, _ in ROWS], "label": [["x", "y"]] * 60}).write_parquet(path)
    options = ("--target", "label", "--kind", "label=multiclass")
    polytask("check", path, *options).refuses("'label'.*holds lists", "multilabel")


@pytest.mark.parametrize(
    ("option", "patterns"),
    [
        ("label=multiclas", ["unknown `kind` 'multiclas': did you mean 'multiclass'"]),
        ("labl=binary", ["names 'labl', which is no task: did you mean 'label'"]),
        ("label", ["TARGET=KIND, like score=regression; found 'label'"]),
        ("label=regression", [r"data/a\.csv:2, column 'label': 'good' is no number", "another"]),
    ],
)
def test_a_wrong_kind_is_refused(polytask, write, option, patterns):
    polytask("check", write("a.csv", table()), "--kind", option).refuses(*patterns)
