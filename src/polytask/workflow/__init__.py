"""Workflow: where planning meets learning; one operation a file, run folders and the worker."""
