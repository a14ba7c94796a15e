from __future__ import annotations

import csv
import io
import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from polytask._errors import DataError
from polytask.tasks.files_csv import read_csv, read_tsv
from polytask.tasks.files_raw import Limits, Raw


def read(folder: Path, text: str, name: str = "数据 1.csv", **limits: int) -> Raw:
    path = folder / name
    path.write_bytes(text.encode())
    reader = read_tsv if name.endswith(".tsv") else read_csv
    return reader(path, Limits(**limits))


def codes(raw: Raw) -> list[str]:
    return [finding.code for finding in raw.findings]


TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"], include_characters="\n\t"), min_size=1
)


@pytest.mark.slow
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(TEXTS, st.text("ab,\n")), min_size=1, max_size=20),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_reads_what_the_csv_module_writes(rows, quoting):
    text = io.StringIO()
    csv.writer(text, quoting=quoting, lineterminator="\n").writerows([("text", "label"), *rows])
    with tempfile.TemporaryDirectory() as folder:
        raw = read(Path(folder), text.getvalue())
    assert raw.frame["text"].to_list() == [first for first, _ in rows]
    assert [label or "" for label in raw.frame["label"]] == [second for _, second in rows]
    assert raw.rows.tolist() == list(range(2, len(rows) + 2))


def test_every_column_is_text_and_an_empty_field_is_null(tmp_path):
    raw = read(tmp_path, "text,score,day\na,1,2020-01-01\nb,,x\n")
    assert raw.frame.to_dict(as_series=False) == {
        "text": ["a", "b"],
        "score": ["1", None],
        "day": ["2020-01-01", "x"],
    }
    assert raw.findings == []


def test_quoted_commas_quotes_and_line_ends_stay_in_their_fields(tmp_path):
    raw = read(tmp_path, 'text,label\r\n"a, ""b""\r\nc",1\r\nd,2\r\n')
    assert raw.frame["text"].to_list() == ['a, "b"\r\nc', "d"]
    assert raw.rows.tolist() == [2, 3]


def test_ragged_rows_are_skipped_counted_and_listed_by_file_and_row(tmp_path):
    raw = read(tmp_path, "text,label\na,1\nb\nc,2\n\nd,3,x\ne,4\nf,5\n")
    assert raw.frame["text"].to_list() == ["a", "c", "e", "f"]
    assert raw.rows.tolist() == [2, 4, 7, 8]
    (finding,) = raw.findings
    assert (finding.code, finding.count) == ("bad_row", 2)
    assert "2 of 6 rows" in finding.message
    assert "数据 1.csv:3 (1 field where the header has 2)" in finding.message
    assert "数据 1.csv:6 (3 fields where the header has 2)" in finding.message


def test_many_bad_rows_are_listed_by_their_first(tmp_path):
    rows = "".join("x\n" if number % 3 == 0 else "x,1\n" for number in range(30))
    (finding,) = read(tmp_path, "text,label\n" + rows).findings
    assert finding.count == 10
    assert finding.message.count("数据 1.csv:") == 5
    assert finding.message.endswith(", …")


def test_an_unclosed_quote_does_not_swallow_the_file(tmp_path):
    rows = "".join(f"row {number},1\n" for number in range(3000))
    raw = read(tmp_path, 'text,label\n"never closed,1\n' + rows)
    assert raw.frame.height == 3001
    assert raw.frame["text"][0] == '"never closed'


def test_an_unclosed_quote_in_a_row_that_fits_nothing_is_a_bad_row(tmp_path):
    raw = read(tmp_path, 'text,label\na,1\n"open\nb,2\nc,3\n')
    assert raw.frame["text"].to_list() == ["a", "b", "c"]
    assert "never closed" in raw.findings[0].message


def test_quotes_inside_fields_are_characters(tmp_path):
    raw = read(tmp_path, 'text,label\n5" pipe,"a, b"\nsay "hi",2\n')
    assert raw.frame["text"].to_list() == ['5" pipe', 'say "hi"']
    assert raw.frame["label"].to_list() == ["a, b", "2"]


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ('text\tlabel\n"Good he said\t1\nmore "yes\t2\n', ['"Good he said', 'more "yes']),
        ('text\tlabel\n"Good\nhe said"\t1\n"a ""b"""\t2\n', ["Good\nhe said", 'a "b"']),
    ],
)
def test_tsv_quotes_are_read_as_the_file_uses_them(tmp_path, text, texts):
    assert read(tmp_path, text, "a.tsv").frame["text"].to_list() == texts


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_another_separator_is_found_and_said(tmp_path, separator):
    text = f"text{separator}label\na, b{separator}1\n"
    raw = read(tmp_path, text)
    assert raw.frame.rows() == [("a, b", "1")]
    assert codes(raw) == ["separator"]


def test_commas_are_text_where_there_is_one_column(tmp_path):
    raw = read(tmp_path, "text\nhello, world\n\nb\n")
    assert raw.frame["text"].to_list() == ["hello, world", "b"]
    assert raw.rows.tolist() == [2, 4]


def test_odd_characters_and_long_rows_are_kept(tmp_path):
    texts = ["🙂👩‍👩‍👧", "\u202bשלום\u202c", "x" * 10_000, "bell\x07"]
    raw = read(tmp_path, "text,label\n" + "".join(f"{text},1\n" for text in texts))
    assert raw.frame["text"].to_list() == texts
    assert [(f.code, f.count, f.severity) for f in raw.findings] == [("control", 1, "info")]


def test_a_carriage_return_alone_is_a_space(tmp_path):
    raw = read(tmp_path, "text,length\r,split\nsoup,4\r,train\n")
    assert raw.frame.columns == ["text", "length", "split"]
    assert raw.frame["split"].to_list() == ["train"]


def test_nul_characters_are_removed_and_said(tmp_path):
    raw = read(tmp_path, "text,label\na\0b,1\n" + "c,2\n" * 20)
    assert raw.frame["text"][0] == "ab"
    assert [(f.code, f.count) for f in raw.findings] == [("control", 1)]
    assert "NUL" in raw.findings[0].message


def test_a_header_of_numbers_is_questioned(tmp_path):
    raw = read(tmp_path, "some text,1\nother,2\n")
    assert codes(raw) == ["header"]
    assert "if the file has no header, add one" in raw.findings[0].message


def test_a_column_without_a_name_is_numbered(tmp_path):
    assert read(tmp_path, ",text \n0,a\n").frame.columns == ["column_1", "text"]


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("", ["数据 1.csv is empty"]),
        ("\n\n", ["数据 1.csv is empty"]),
        ("text,label\n", ["has a header (text, label) but no rows"]),
        ("a,b,a\n1,2,3\n", ["the column 'a' twice (columns 1 and 3)", "rename one"]),
        ("a,b\n1\n2\n3,4\n", ["2 of 3 rows", "数据 1.csv:2", "another separator?"]),
    ],
)
def test_refusals_say_place_and_way_out(tmp_path, text, messages):
    with pytest.raises(DataError) as caught:
        read(tmp_path, text)
    for message in messages:
        assert message in str(caught.value)


def test_a_sample_is_seeded_said_and_holds_the_rows_it_names(tmp_path):
    text = "text,label\n" + "".join(f"t{number},1\n" for number in range(2000))
    first, again, other = (read(tmp_path, text, max_rows=400, seed=seed) for seed in (0, 0, 1))
    assert 300 <= first.frame.height <= 400
    assert first.frame.equals(again.frame)
    assert not first.frame.equals(other.frame)
    assert first.frame["text"].to_list() == [f"t{row - 2}" for row in first.rows]
    (finding,) = first.findings
    assert finding.code == "sampled"
    assert (
        "holds 2,000 rows, more than are kept of one file; a seeded sample of " in finding.message
    )


def test_bytes_are_limited_too(tmp_path):
    text = "text\n" + "".join(f"{number} {'x' * 900}\n" for number in range(1000))
    raw = read(tmp_path, text, max_bytes=200_000)
    assert 100 <= raw.frame.height <= 200


def test_a_long_quoted_field_over_many_lines(tmp_path):
    body = "\n".join(f"line {number}" for number in range(900))
    raw = read(tmp_path, f'text,label\n"{body}",1\nb,2\n')
    assert raw.frame["text"].to_list() == [body, "b"]
    assert raw.rows.tolist() == [2, 3]


@pytest.mark.slow
def test_a_thousand_open_quotes_are_skipped_in_reasonable_time(tmp_path):
    lines = itertools.chain.from_iterable(
        (f'"open {n}', f"fine {n},1", f"good {n},2") for n in range(500)
    )
    raw = read(tmp_path, "text,label\n" + "\n".join(lines) + "\n")
    assert raw.frame.height == 1000
    assert raw.findings[0].count == 500
