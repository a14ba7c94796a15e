"""What a run tells while it goes on."""

from __future__ import annotations

import io

from rich.console import Console

from polytask.cli.progress import _Show


def test_what_goes_on_side_by_side_has_its_name_in_every_line():
    shown = io.StringIO()
    show = _Show(Console(file=shown), verbose=True)
    about = {"candidate": "FineTune() · mood"}
    show({"event": "epoch", "epoch": 1, "epochs": 3, "loss": {"mood": 0.5}, **about})
    show({"event": "note", "text": "slow", **about})
    show({"event": "epoch", "epoch": 1, "epochs": 3})
    show({"event": "workers", "text": "2 workers were asked for"})
    assert shown.getvalue().splitlines() == [
        "    FineTune() · mood: epoch 1/3  mood loss 0.500",
        "  note: FineTune() · mood: slow",
        "    epoch 1/3",
        "2 workers were asked for",
    ]


def test_a_helper_is_named_though_it_has_no_dev_value():
    shown = io.StringIO()
    told = {"event": "found", "recipe": "Probe()", "status": "done", "seconds": 2.0}
    show = _Show(Console(file=shown), verbose=False)
    show({**told, "tasks": ["mood", "more"], "dev": {"mood": 0.9}})
    assert shown.getvalue() == "  Probe(): mood 90.0  more –  [2 s]\n"


def test_one_candidate_without_time_stands_for_all():
    told = {"event": "found", "status": "no time", "reason": "too long", "tasks": ["mood"]}
    for verbose, lines in ((False, 2), (True, 3)):
        shown = io.StringIO()
        show = _Show(Console(file=shown), verbose=verbose)
        for epochs in (1, 3, 6):
            show({**told, "recipe": f"FineTune(epochs={epochs})"})
        assert len(shown.getvalue().splitlines()) == lines
        assert "FineTune(epochs=1) on mood: no time (too long)" in shown.getvalue()
