from __future__ import annotations

from transformers.utils import logging

from polytask.learning.quiet import Quiet


def test_transformers_says_nothing_within_and_as_much_as_before_behind() -> None:
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    with Quiet():
        assert logging.get_verbosity() == logging.ERROR
        assert not logging.is_progress_bar_enabled()
    assert (logging.get_verbosity(), logging.is_progress_bar_enabled()) == (level, bars)
