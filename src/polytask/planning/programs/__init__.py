"""Task programs: programs in the language of plans that answer a row by calling tasks.

```
program.py   a program as text: reading and checking it, and the tasks that it calls
sandbox.py   the sessions that rows are answered in, each fresh
running.py   runs a program over rows, so that the calls of many rows meet in one pass
coding.py    files of code beside a program, run in isolation
advising.py  a language model that programs may ask, and what it has answered
```
Knows neither models nor torch: who answers a call is given as a `predict(task, rows)` callable.
"""

from polytask.planning.programs.budget import RowBudget
from polytask.planning.programs.coding import Code
from polytask.planning.programs.program import Program
from polytask.planning.programs.running import Doors, run
from polytask.planning.programs.trace import Answered, Step

__all__ = ["Answered", "Code", "Doors", "Program", "RowBudget", "Step", "run"]
