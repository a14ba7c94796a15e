"""Writers of plan programs: each turns a profile, a budget and costs into the text of a plan.

Imports `planning` and what lies below it; trains nothing and knows no torch.
"""
