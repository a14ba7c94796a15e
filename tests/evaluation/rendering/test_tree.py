from __future__ import annotations

from polytask.evaluation.rendering.tree import Node, html, terminal

TREE = Node(
    "run: finished",
    "3 s of 5m",
    children=[
        Node("情感: <b>Probe()", "情感 97.0", delivered=("情感",), children=[Node("after", "98")]),
        Node("late", "no time", "no room\x1b[31m", control=("day",), failed=True),
    ],
)


def text(node: Node) -> str:
    from io import StringIO

    from rich.console import Console

    out = StringIO()
    Console(file=out, width=120, highlight=False).print(terminal(node))
    return out.getvalue()


def test_the_terminal_shows_every_node_with_its_fate():
    shown = text(TREE)
    assert "情感: <b>Probe()  情感 97.0  delivered: 情感" in shown
    assert "└── after  98" in shown
    assert "late  no time  control: day  no room␛[31m" in shown


def test_the_page_escapes_what_it_shows_and_folds_branches():
    page = html(TREE)
    assert "&lt;b&gt;Probe()" in page
    assert "<b>Probe" not in page
    assert page.count("<details open>") == 1
    assert "\x1b" not in page


def test_the_tree_is_plain_data_too():
    data = TREE.to_json()
    assert data["children"][0]["children"][0]["title"] == "after"
    assert data["children"][1]["failed"] is True
