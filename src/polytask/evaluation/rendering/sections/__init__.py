"""Sections of the page: each file turns a report into one part of it, or `None` when empty."""
