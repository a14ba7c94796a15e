"""Tools for an assistant: a program that speaks the Model Context Protocol over a pipe.

```
limits.py     what an assistant may name, spend and see
background.py the run that goes on beside the server
tools.py      the tools, one method each: check, plan, run, follow, read, predict, operations
server.py     offers them in the protocol
```
Stands above `workflow`, which does the work. Knows nothing of the protocol but in `server.py`,
which alone imports the package of the extra `mcp`.
"""
