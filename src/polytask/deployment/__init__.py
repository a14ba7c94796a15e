"""What becomes of a trained model outside of polytask.

Imports `learning` and what lies below; knows neither plans, budgets nor run folders.
"""
