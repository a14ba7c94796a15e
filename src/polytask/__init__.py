"""polytask: labelled files for several tasks in, one measured multi-task model out."""

__version__ = "0.1.0"
