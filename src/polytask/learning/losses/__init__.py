"""Losses: logits and targets to one number a row, normalised by kind; one loss a file.

May import torch alone; does not know tasks, heads or training.
"""
