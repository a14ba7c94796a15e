from __future__ import annotations

import gzip

import pytest

from polytask._errors import DataError
from polytask.tasks.files_text import MAX_LINE, encoding_of, first_lines, lines, pieces

CHINESE = "text,label\n这部电影很好看,正面\n质量太差了，不推荐,负面\n猫,正面\n"
FRENCH = "text,label\nUn café très agréable à côté,bon\nDéçu par le résultat,mauvais\n"


def write(folder, data, name="文 件.csv"):
    path = folder / name
    path.write_bytes(data)
    return path


def text_of(path):
    return b"".join(lines(path, encoding_of(path))).decode()


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        (CHINESE + FRENCH, "utf-8", ""),
        (CHINESE, "utf-8-sig", "UTF-8 with a byte order mark"),
        (CHINESE, "utf-16", "UTF-16-LE"),
        (FRENCH, "utf-16-le", "UTF-16-LE without a byte order mark"),
        (FRENCH, "utf-16-be", "UTF-16-BE without a byte order mark"),
        (CHINESE, "gbk", "GBK"),
        (CHINESE, "gb18030", "GBK"),
        (FRENCH, "latin-1", "Latin-1"),
        (FRENCH + "50 €,cher\n", "cp1252", "cp1252"),
        ("text,label\nGrüße aus Köln,gut\nÄÖÜ,schlecht\n", "latin-1", "Latin-1"),
    ],
)
def test_encodings_are_read_and_said(tmp_path, text, codec, name):
    path = write(tmp_path, text.encode(codec))
    encoding = encoding_of(path)
    assert encoding.name == name
    assert text_of(path) == text
    assert "".join(pieces(path, encoding)) == text
    findings = encoding.findings(str(path))
    assert [f.code for f in findings] == (["encoding"] if name else [])
    assert all(name in finding.message for finding in findings)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("日本語のテキスト,a\n", "être,b\n".encode("latin-1")),
        ("这部电影很好看,a\n", "质量太差了,b\n".encode("gbk")),
        ("这部电影很好看,a\n", b"\xff\xfe\x80,b\n"),
    ],
)
def test_mixed_encodings_are_refused_with_both_lines(tmp_path, good, bad):
    path = write(tmp_path, b"text,label\nplain,c\n" + good.encode() + bad)
    with pytest.raises(DataError) as caught:
        encoding_of(path)
    assert "文 件.csv mixes encodings: line 3 is UTF-8, line 4 " in str(caught.value)
    assert "save the whole file as UTF-8" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("テキスト,ラベル\nこれは日本語です,あ\n", "shift-jis"),
        ("текст,метка\nОчень хороший фильм,да\n", "cp1251"),
        ("문장,라벨\n아주 좋은 영화입니다,긍정\n", "euc-kr"),
    ],
)
def test_other_encodings_are_refused_and_not_guessed(tmp_path, text, codec):
    path = write(tmp_path, text.encode(codec))
    with pytest.raises(DataError, match=r"文 件.csv: line 1 is in none .* save the file as UTF-8"):
        encoding_of(path)


def test_a_short_gbk_line_that_is_utf8_by_chance_does_not_mix(tmp_path):
    chance = "漏,a\n".encode("gbk")
    assert chance.decode()  # the premise: both readings exist
    path = write(tmp_path, CHINESE.encode("gbk") + chance)
    assert encoding_of(path).name == "GBK"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"PK\x03\x04rest", "a zip archive or an xlsx workbook"),
        (b"PAR1rest", "a parquet file"),
        (b"\x89PNG\r\n", "an image"),
        (bytes(range(256)) * 8, "a binary file"),
        (b"\0" * 4096, "a binary file"),
        (gzip.compress(b"a,b\n" * 1000, mtime=0)[:40], "damaged or cut short"),
        ("a,b\n".encode("utf-16") + b"\xd8", "not UTF-16-LE throughout"),
    ],
)
def test_what_is_no_text_is_refused_by_what_it_is(tmp_path, data, message):
    path = write(tmp_path, data)
    with pytest.raises(DataError) as caught:
        text_of(path)
    assert "文 件.csv" in str(caught.value)
    assert message in str(caught.value)


def test_a_missing_file_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match=r"nothing.csv cannot be read: No such file"):
        encoding_of(tmp_path / "nothing.csv")


def test_gzip_is_known_by_its_bytes_whatever_the_name(tmp_path):
    assert text_of(write(tmp_path, gzip.compress(CHINESE.encode()))) == CHINESE


def test_control_characters_are_counted_and_only_nuls_removed(tmp_path):
    path = write(tmp_path, b"a\0b\x07c\tok\r\n" + b"more text\n" * 50)
    encoding = encoding_of(path)
    assert (encoding.nuls, encoding.controls) == (1, 1)
    assert next(lines(path, encoding)) == b"ab\x07c\tok\r\n"


def test_a_lone_carriage_return_ends_a_line_of_an_old_mac_file(tmp_path):
    path = write(tmp_path, b"text,label\ra,1\rb,2\r")
    assert list(lines(path, encoding_of(path))) == [b"text,label\n", b"a,1\n", b"b,2\n"]


def test_a_line_without_end_is_refused(tmp_path):
    path = write(tmp_path, b"text\n" + b"x" * (MAX_LINE + 1))
    with pytest.raises(DataError, match=r"文 件.csv: line 2 is longer than 64 MiB"):
        text_of(path)


def test_first_lines_stop_after_some_thousands_or_megabytes(tmp_path):
    path = write(tmp_path, b"short\n" * 9000)
    assert len(first_lines(path, encoding_of(path))) == 5000
    path = write(tmp_path, (b"x" * 2**20 + b"\n") * 8)
    assert len(first_lines(path, encoding_of(path))) == 4
