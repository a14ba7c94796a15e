"""Drawing primitives: an SVG picture with a text alternative, and its shapes."""

from __future__ import annotations

from polytask.evaluation.rendering.markup import Safe, join, tag


def picture(width: float, height: float, alt: str, *shapes: Safe, class_: str = "plot") -> Safe:
    """An SVG of `width` × `height` user units; `alt` is read aloud in its place."""
    return tag(
        "svg",
        tag("title", alt),
        join(shapes),
        viewBox=f"0 0 {number(width)} {number(height)}",
        width=number(width),
        height=number(height),
        class_=class_,
        role="img",
        aria_label=alt,
    )


def line(start: tuple[float, float], end: tuple[float, float], class_: str) -> Safe:
    """A straight line."""
    (x1, y1), (x2, y2) = start, end
    return tag("line", x1=number(x1), y1=number(y1), x2=number(x2), y2=number(y2), class_=class_)


def dot(center: tuple[float, float], radius: float, class_: str, title: str = "") -> Safe:
    """A circle; `title` is shown when pointed at."""
    return tag(
        "circle",
        tag("title", title) if title else None,
        cx=number(center[0]),
        cy=number(center[1]),
        r=number(radius),
        class_=class_,
    )


def box(
    corner: tuple[float, float], extent: tuple[float, float], class_: str, **more: object
) -> Safe:
    """A rectangle from its upper left corner."""
    title = more.pop("title", None)
    return tag(
        "rect",
        tag("title", title) if title else None,
        x=number(corner[0]),
        y=number(corner[1]),
        width=number(extent[0]),
        height=number(extent[1]),
        class_=class_,
        **more,
    )


def label(at: tuple[float, float], text: str, class_: str = "tick", anchor: str = "middle") -> Safe:
    """A short text."""
    return tag("text", text, x=number(at[0]), y=number(at[1]), class_=class_, text_anchor=anchor)


def path(points: list[tuple[float, float]], class_: str) -> Safe:
    """A line through `points`."""
    drawn = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return tag("polyline", points=drawn, class_=class_)


def number(value: float) -> str:
    """A coordinate, to a hundredth.

    >>> number(3.14159), number(20.0), number(-0.0001)
    ('3.14', '20', '0')
    """
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")
