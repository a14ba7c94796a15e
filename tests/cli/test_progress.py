"""What a run tells while it goes on."""

from __future__ import annotations

import io

from rich.console import Console

from polytask.cli.progress import _Show


def test_a_helper_is_named_though_it_has_no_dev_value():
    shown = io.StringIO()
    told = {"event": "found", "recipe": "Probe()", "status": "done", "seconds": 2.0}
    show = _Show(Console(file=shown), verbose=False)
    show({**told, "tasks": ["mood", "more"], "dev": {"mood": 0.9}})
    assert shown.getvalue() == "  Probe(): mood 90.0  more –  [2 s]\n"
