"""Code that nobody vouches for: a Python file run where it can reach nothing and give plain data.

```
running.py    run(code, inputs, …) -> outputs, and the limits
enclosing.py  how a process is shut in: bubblewrap, else Landlock; which ways are there
confining.py  what the process takes from itself before it reads the code, in both ways
messages.py   inputs and outputs as bytes: JSON and arrays in one safetensors blob, never pickles
inside.py     the program that runs inside
```
Imports `_errors` alone: rooms above say what code is for (a cleaning rule, a feature, a loss).
"""

from polytask.isolation.enclosing import ways
from polytask.isolation.running import Limits, run

__all__ = ["Limits", "run", "ways"]
