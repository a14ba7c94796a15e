"""Markup is escaped by construction."""

from hypothesis import given
from hypothesis import strategies as st

from polytask.evaluation.rendering.markup import (
    Safe,
    data,
    join,
    number,
    picture,
    table,
    tag,
    text,
    visible,
)


@given(st.text())
def test_text_never_becomes_markup(value):
    inner = tag("p", value)[3:-4]
    assert not set("<>\"'") & set(inner)


@given(st.text())
def test_attributes_never_end_early(value):
    assert tag("p", title=value).count('"') == 2


@given(st.text(alphabet=st.characters(codec=None, categories=["Cc", "Cf", "Cs"])))
def test_nothing_hides(value):
    shown = visible(value)
    assert not any((c < " " and c not in "\n\t") or "\x7f" <= c <= "\x9f" for c in shown)
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200f")
    shown.encode("utf-8")


def test_safe_markup_is_not_escaped_twice():
    assert tag("p", tag("b", "<"), "&") == "<p><b>&lt;</b>&amp;</p>"
    assert text(Safe("<i>")) == "<i>"
    assert join(["<", Safe("<br>")], ", ") == "&lt;, <br>"


def test_attributes():
    assert tag("svg", viewBox="0 0 1 1", aria_label="a", class_="b") == (
        '<svg viewBox="0 0 1 1" aria-label="a" class="b"></svg>'
    )
    assert tag("details", open=True) == "<details open></details>"
    assert tag("details", open=False, title=None) == "<details></details>"
    assert tag("meta", name_="a") == '<meta name="a">'


def test_user_text_is_isolated():
    assert data("שלום") == "<bdi>שלום</bdi>"


def test_only_pictures_held_in_the_page():
    assert picture("data:image/png;base64,AAAA", "a") == (
        '<img src="data:image/png;base64,AAAA" alt="a" loading="lazy">'
    )
    for uri in ("http://x/a.png", "data:text/html;base64,AA", "data:image/png;base64,A\n", ""):
        assert picture(uri, "a") is None


def test_tables_take_texts_and_cells():
    found = table(["a", number("n", "th")], [["<", number(3)]], class_="c")
    assert found == (
        '<table class="c"><thead><tr><th scope="col">a</th><th class="num" scope="col">n</th></tr>'
        '</thead><tbody><tr><td>&lt;</td><td class="num">3</td></tr></tbody></table>'
    )
