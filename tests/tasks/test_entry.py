"""Entries say nothing unless told."""

from polytask.tasks.entry import Entry


def test_an_entry_needs_only_a_name():
    entry = Entry("intent")
    assert (entry.inputs, entry.target, entry.kind, entry.folds) == ((), "", "", 0)
    assert entry == Entry("intent")
