"""A trained part written out as a plain program that does without polytask.

`reading` says how a program reads the user's files, `subject` what it is written of and what cannot
be written yet, `writing` fills the templates beside it, `verifying` runs what was written in an
environment without polytask. Does not know run folders: `workflow.scripting` looks into them.

A family of recipes is one template; what several families need stands in those that begin with
`_`. A template reads like the program: lines that begin with `%%` choose, all others are written.
"""
