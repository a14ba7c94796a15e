"""The terminal form."""

import io
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from polytask.evaluation.rendering import terminal
from polytask.evaluation.report import (
    Control,
    Evidence,
    LanguageModel,
    Prompted,
    Ranking,
    Report,
    TaskReport,
)


def printed(report, width=100, **places):
    held = io.StringIO()
    Console(file=held, width=width, color_system=None).print(terminal(report, **places))
    return held.getvalue()


@pytest.mark.parametrize("width", [80, 100, 160])
def test_every_line_fits_and_names_are_whole(nine, width):
    lines = printed(nine, width).split("\n")
    assert max(cell_len(line.rstrip()) for line in lines) <= width
    assert not any("…" in line and "+" not in line and "−" not in line for line in lines)


def test_columns_align_under_chinese_names(nine):
    lines = printed(nine).split("\n")
    chinese = next(line for line in lines if "外卖评论情感" in line)
    english = next(line for line in lines if line.lstrip().startswith("sst_binary"))
    before = (chinese.partition("88.5")[0], english.partition("88.0")[0])
    assert cell_len(before[0]) == cell_len(before[1])


def test_sentence_figures_verdicts_and_places_are_shown(nine):
    text = printed(nine, 160, model="run/model", page="run/report.html")
    for shown in (
        nine.timing.sentence[:60],
        "multiclass · accuracy",
        "97.9–99.5",
        "+0.4",
        "0.0…+0.8",
        "not decidable",
        "kept apart",
        "failed",
        "no test row has a label",
        "! sst_binary was still improving",
        "model  run/model",
        "report run/report.html",
        "margin 1.0",
    ):
        assert shown in text, shown


def test_ends_of_gains_are_not_called_95_percent(nine):
    text = " ".join(printed(nine, 160).split())
    assert "below them 95 % intervals; gain: over" in text
    assert "its ends at Holm's levels over the tasks; margin" in text


def test_no_places_no_lines(single):
    assert "model  " not in printed(single)


def test_text_from_the_data_controls_nothing():
    name = "a\x1b]0;pwned\x07[bold]\u202e"
    failed = TaskReport("binary", "accuracy", status="failed", reason="[red]\x1b[2J")
    text = printed(Report(0, None, {name: failed}, warnings=(name,)), 160)
    assert "\x1b" not in text and "\x07" not in text and "\u202e" not in text
    assert "[bold]" in text and "[red]␛[2J" in text


def test_means_over_seeds_are_said(nine):
    assert "seeds" not in printed(nine, 160)
    assert "means of up to 3 seeds" in printed(replace(nine, repeats=3), 160)


def test_what_is_held_against_the_model_before_is_said(nine):
    before = Control("in use: Probe()", 0.8, 0.7, 0.9)
    assert "in use before" not in printed(nine, 400)
    name, task = next(iter(nine.tasks.items()))
    report = replace(nine, tasks={**nine.tasks, name: replace(task, control=before)})
    assert f"control (for {name}: the model in use before), its ends" in printed(report, 400)


def test_a_language_model_is_told_with_its_answers_and_their_notes():
    arm = Prompted("mood", 0, 5, "accuracy", 0.7, 0.6, 0.8, reason="ended after 5 of 9 rows")
    model = LanguageModel("small", "http://x/v1", prompted=(arm,))
    task = TaskReport(kind="multiclass", metric="accuracy", value=0.9, low=0.8, high=0.95)
    shown = printed(Report(0, 60.0, {"mood": task}, language_model=model), 80)
    assert "small at http://x/v1: not asked for plans" in shown
    assert "zero-shot" in shown
    assert "60.0–80.0" in shown
    assert "mood, zero-shot: ended after 5 of 9 rows" in shown


@pytest.mark.parametrize("width", [80, 160])
def test_who_proposed_groups_is_told_with_what_it_was_worth(nine, width):
    worth = (Ranking("ProbeTransfer", 4, {"1": 0.013, "3": 0.0}, 0.4), Ranking("planner", 2))
    text = printed(replace(nine, evidence=Evidence("c", (), {}, worth)), width)
    line = next(line for line in text.split("\n") if "probes" in line)
    assert line.split() == ["probes", "4", "1.3", "0.0", "+0.40"]
    assert "planner, all together" in text and "regret@3" in text
    assert max(cell_len(line.rstrip()) for line in text.split("\n")) <= width
    assert "regret@3" not in printed(nine)
