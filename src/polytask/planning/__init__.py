"""Planning: plan programs, who writes them, their checks, interpreter and journal.

Imports `evaluation` and `tasks`; knows no torch. Operations are given to the interpreter.
"""
