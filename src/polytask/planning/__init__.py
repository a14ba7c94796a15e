"""Planning: plan programs, who writes them, their checks, interpreter and journal.

Imports `evaluation` and `tasks`; knows no torch. Operations are given to the interpreter, so that
everything here is tested in milliseconds with operations that only record.

```
operations.py   what a plan may do, as a protocol
stubs.py        the same as typed stubs and as a document, with the recipes
checks.py       types, names and syntax of a plan, without running it
sandbox.py      the session of pydantic-monty that plans are checked and run in
interpreter.py  runs a plan, each operation through the journal
journal.py      what a run has done, so that it can be killed and go on
memo.py         results of finished operations across runs
budget.py       how much time a run may take
writers/        who writes plans: rules.py is the built-in planner
programs/       task programs: they answer a row by calling tasks
```
"""
