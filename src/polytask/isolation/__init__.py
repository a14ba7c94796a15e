"""Code that nobody vouches for: a Python file run where it can reach nothing and give plain data.

```
running.py    run(code, inputs, …) -> outputs, and the limits
rows.py       one file that answers many inputs, each in a process of its own
enclosing.py  how a process is shut in: bubblewrap, else Landlock; which ways are there
confining.py  what the process takes from itself before it reads the code, in both ways
messages.py   inputs and outputs as bytes: JSON and arrays in one safetensors blob, never pickles
inside.py     the program that runs inside; inside_rows.py: that of `Rows`
```
Imports `_errors` alone: rooms above say what code is for (a cleaning rule, a feature, a loss).
"""

from polytask.isolation.enclosing import ways
from polytask.isolation.rows import Rows
from polytask.isolation.running import Limits, run

__all__ = ["Limits", "Rows", "run", "ways"]
