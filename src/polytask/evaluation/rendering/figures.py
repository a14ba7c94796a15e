"""How figures are shown to a person: points on a 0–100 scale, signs, sizes, times.

Fractions become points here and nowhere else; MAE and RMSE keep the target's unit.
"""

from __future__ import annotations

import ast

from polytask.evaluation.report.naming import in_points

ABSENT = "–"


def figure(value: float | None, metric: str = "accuracy") -> str:
    """A metric's value for a person.

    >>> figure(0.98123), figure(0.4, "mae"), figure(None)
    ('98.1', '0.400', '–')
    """
    if value is None:
        return ABSENT
    if not in_points(metric):
        return f"{value:#.3g}".rstrip(".").replace("-", "−")
    return f"{100 * value:.1f}".replace("-0.0", "0.0").replace("-", "−")


def signed(value: float | None, metric: str = "accuracy") -> str:
    """A difference with its sign.

    >>> signed(0.012), signed(-0.0004), signed(-0.02), signed(0.1, "mae")
    ('+1.2', '0.0', '−2.0', '+0.100')
    """
    if value is None:
        return ABSENT
    shown = figure(value, metric)
    return f"+{shown}" if value > 0 and shown.strip("0.") else shown


def span(low: float | None, high: float | None, metric: str = "accuracy") -> str:
    """The ends of an interval; "" when absent.

    >>> span(0.97, 0.989), span(None, None)
    ('97.0–98.9', '')
    """
    if low is None or high is None:
        return ""
    joint = "–" if low >= 0 else " to "
    return f"{figure(low, metric)}{joint}{figure(high, metric)}"


def gain_span(low: float | None, high: float | None, metric: str = "accuracy") -> str:
    """The ends of a gain's interval, signed.

    >>> gain_span(-0.005, 0.009)
    '−0.5…+0.9'
    """
    if low is None or high is None:
        return ""
    return f"{signed(low, metric)}…{signed(high, metric)}"


def size(count: int | None) -> str:
    """Bytes for a person.

    >>> size(950), size(45_000_000), size(1_300_000_000)
    ('950 B', '45 MB', '1.3 GB')
    """
    if count is None:
        return ABSENT
    return _scaled(count, ("B", "kB", "MB", "GB", "TB"))


def count(number: int | None) -> str:
    """A large count for a person.

    >>> count(22_713_216), count(980)
    ('23 M', '980')
    """
    if number is None:
        return ABSENT
    return _scaled(number, ("", "k", "M", "bn")).strip()


def _scaled(number: float, units: tuple[str, ...]) -> str:
    place = 0
    while number >= 999.5 and place < len(units) - 1:
        number, place = number / 1000, place + 1
    shown = f"{number:.1f}" if place and number < 9.95 else f"{number:.0f}"
    return f"{shown} {units[place]}"


def milliseconds(value: float | None) -> str:
    """Milliseconds for a person.

    >>> milliseconds(0.354), milliseconds(6.25), milliseconds(1234.0), milliseconds(None)
    ('0.35 ms', '6.2 ms', '1,234 ms', '–')
    """
    if value is None:
        return ABSENT
    return f"{value:.2g} ms" if value < 10 else f"{value:,.0f} ms"


def duration(seconds: float | None) -> str:
    """Seconds for a person.

    >>> duration(0.4), duration(42.3), duration(272), duration(3725)
    ('0.4 s', '42 s', '4 min 32 s', '1 h 02 min')
    """
    if seconds is None:
        return ABSENT
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60:02d} s" if whole % 60 else "")
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def recipe_name(recipe: str) -> str:
    """The bare name of a recipe's text form.

    >>> recipe_name("FineTune(epochs=3)"), recipe_name("")
    ('FineTune', '')
    """
    return recipe.partition("(")[0]


def recipe_text(recipe: str) -> str:
    """A recipe without empty brackets, numbers in a readable form.

    >>> recipe_text("Probe()"), recipe_text("FineTune(learning_rate=0.0002)")
    ('Probe', 'FineTune(learning_rate=2e-4)')
    """
    try:
        tree = ast.parse(recipe, mode="eval").body
    except (SyntaxError, ValueError):
        return recipe
    if not isinstance(tree, ast.Call):
        return recipe
    inner = ", ".join(f"{item.arg}={_argument(item.value)}" for item in tree.keywords)
    return f"{ast.unparse(tree.func)}({inner})" if inner else ast.unparse(tree.func)


def _argument(tree: ast.expr) -> str:
    if isinstance(tree, ast.Constant) and isinstance(tree.value, float):
        small = 0 < abs(tree.value) < 0.01
        return f"{tree.value:.0e}".replace("e-0", "e-") if small else f"{tree.value:g}"
    return ast.unparse(tree)
