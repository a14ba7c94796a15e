"""What finished runs taught: records of them, what they propose for new tasks, and forgetting.

A record holds figures alone: no row, no cell, no label and no name of a task. What is proposed is a
candidate as any other, written into the plan: dev decides. This room imports `tasks` and what lies
below it; it knows no torch, no metrics, no plans.

record.py      what is kept of a run
store.py       the records of this user, in one file of JSON lines
similarity.py  how alike two tasks are, by their facts
proposing.py   recipes that were better than a plan's own settings on similar tasks
"""

from polytask.knowledge.proposing import Proposal, propose
from polytask.knowledge.record import Candidate, Facts, Gain, Record
from polytask.knowledge.similarity import alike
from polytask.knowledge.store import Store

__all__ = ["Candidate", "Facts", "Gain", "Proposal", "Record", "Store", "alike", "propose"]
