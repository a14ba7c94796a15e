"""Learning: recipes, encoders, heads, losses, balancing, sampling, training, parts and models.

torch starts here, inside functions or in files that only learning imports. Imports `evaluation`
and `tasks`; does not know plans, budgets or run folders.
"""
