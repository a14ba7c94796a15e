"""Every error that polytask raises on purpose.

```
PolytaskError
├── UserError            the user must change something; exit code 2
│   ├── DataError        a file, row, column or image cannot be used
│   ├── ConfigError      tasks.yaml, an option or an argument is wrong
│   ├── PlanError        a plan program does not parse, check or keep to its limits
│   ├── ModelError       a saved model or weights are damaged, foreign or too new
│   ├── OutputError      a run folder exists, is locked, is full or cannot be written
│   ├── BudgetError      the budget is too small for anything
│   ├── CodeError        code that was handed in fails, breaks a limit or returns no plain data
│   │   └── LateError    it took longer than it may
│   └── MissingError     an optional package or embedded weights are not there
└── RunError             the run failed for a reason that is not the user's; exit code 1
```

A message says what went wrong, the rule, what was found and the way out.
"""

from __future__ import annotations

import shlex


class PolytaskError(Exception):
    """Base of all errors raised on purpose."""


class UserError(PolytaskError):
    """The user must change something; shown without a traceback, exit code 2."""


class DataError(UserError):
    """A file, row, column or image cannot be used."""


class ConfigError(UserError):
    """A task file, an option or an argument is wrong."""


class PlanError(UserError):
    """A plan program does not parse, check or keep to its limits."""


class ModelError(UserError):
    """A saved model or weights are damaged, foreign or of a newer format."""


class OutputError(UserError):
    """A run folder exists, is locked, is full or cannot be written."""


class BudgetError(UserError):
    """The budget is too small for anything."""


class CodeError(UserError):
    """Code that was handed in fails, breaks a limit or returns no plain data."""


class LateError(CodeError):
    """Code that was handed in took longer than it may."""


class MissingError(UserError):
    """An optional package or embedded weights are not there."""


class RunError(PolytaskError):
    """The run failed for a reason that is not the user's; exit code 1."""


def command(*words: object) -> str:
    """A command to suggest in a message, as it is typed.

    >>> command("run", "my runs/first", "--budget", "5m")
    "`polytask run 'my runs/first' --budget 5m`"
    """
    return f"`polytask {shlex.join(map(str, words))}`"
