"""A universal Turing machine whose transition table is a trained model, checked step by step.

```
tables/          the transition tables of two small universal machines, as published
machine.py       a machine as data
tag_systems.py   what UTM(2,18) runs, and how it is written on its tape
bi_tag.py        the same for U15,2
jobs.py          the three programs that are run
simulator.py     the independent simulator
teaching.py      three tasks from a table, one joint part, the check of every entry
turing.py        the task program: an unbounded tape, and three questions a step
driving.py       runs it on a model and holds every step against the simulator
proving.py       all of it in order, and the certificate
```
Stands above `learning`, which trains the tasks, and above `planning`, whose runtime runs the
program; beside `workflow`, of whose run folders it knows nothing: no plan decides anything here,
and what comes out is a proof, not a report.
"""
