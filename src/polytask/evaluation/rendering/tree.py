"""A tree of candidates, for the terminal and as an HTML page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from polytask.evaluation.rendering.markup import Safe, data, join, tag, visible
from polytask.evaluation.rendering.page import document

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.text import Text
    from rich.tree import Tree


@dataclass(frozen=True)
class Node:
    """Something a plan tried.

    Args:
        title: What it is.
        figures: Its results on dev and what it cost.
        reason: Why it failed or was not started.
        delivered: The tasks that it answers in the model.
        control: The tasks whose control it is.
        failed: Whether nothing came of it.
        children: What grew out of it.
    """

    title: str
    figures: str = ""
    reason: str = ""
    delivered: Sequence[str] = ()
    control: Sequence[str] = ()
    failed: bool = False
    children: list[Node] = field(default_factory=list)

    def marks(self) -> Iterator[tuple[str, str]]:
        """What became of it: a word and the tasks it is said of."""
        if self.delivered:
            yield "delivered", ", ".join(self.delivered)
        if self.control:
            yield "control", ", ".join(self.control)

    def to_json(self) -> dict[str, object]:
        """The tree as plain data."""
        return {
            "title": self.title,
            "figures": self.figures,
            "reason": self.reason,
            "delivered": list(self.delivered),
            "control": list(self.control),
            "failed": self.failed,
            "children": [child.to_json() for child in self.children],
        }


def terminal(node: Node) -> Tree:
    """The tree with its lines, for a terminal."""
    from rich.tree import Tree

    made = Tree(_line(node), guide_style="dim")
    for child in node.children:
        made.children.append(terminal(child))
    return made


def _line(node: Node) -> Text:
    from rich.text import Text

    line = Text(visible(node.title), style="dim" if node.failed else "")
    if node.figures:
        line.append(f"  {visible(node.figures)}", style="yellow" if node.failed else "cyan")
    for word, tasks in node.marks():
        style = "bold green" if word == "delivered" else "magenta"
        line.append(f"  {word}: {visible(tasks)}", style=style)
    if node.reason:
        line.append(f"  {visible(node.reason)}", style="dim")
    return line


def html(node: Node) -> str:
    """The tree as one self-contained HTML page; branches fold without a script."""
    inner = tag("section", tag("h1", data(node.title)), tag("p", node.figures), _list(node))
    return document(f"polytask · {node.title}", [inner])


def _list(node: Node) -> Safe:
    return tag("ul", join(tag("li", _item(child)) for child in node.children), class_="tree")


def _item(node: Node) -> Safe:
    kind = {"delivered": "pill v-no-worse", "control": "pill v-apart"}
    marks = [
        join([tag("span", word, class_=kind[word]), " ", data(tasks)])
        for word, tasks in node.marks()
    ]
    said = [tag("code", data(node.title)), tag("b", data(node.figures)), *marks]
    said += [tag("span", data(node.reason), class_="under")] if node.reason else []
    line = tag("span", join(said, " "), class_="failed" if node.failed else None)
    if not node.children:
        return line
    return tag("details", tag("summary", line), _list(node), open=True)
