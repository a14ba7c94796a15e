"""Sampling: how often rows of large and of small tables and tasks are seen; one method a file.

Plain values without torch; they do not know models or training.
"""
