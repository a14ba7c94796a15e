"""Recipes: one way to learn a file.

A recipe turns tasks and rows into a `Part`. This folder may import all of `learning` and what lies
below it; it does not know plans, budgets or run folders. Adding a recipe: its file, its line in
`RECIPES`, its test.
"""

from __future__ import annotations

from polytask._catalogue import Catalogue

_HERE = "polytask.learning.recipes"

RECIPES = Catalogue(
    "recipe",
    {
        "TfidfLinear": f"{_HERE}.tfidf_linear",
        "Probe": f"{_HERE}.probe",
        "KernelProbe": f"{_HERE}.kernel_probe",
        "TopLayers": f"{_HERE}.top_layers",
        "FewShot": f"{_HERE}.few_shot",
        "Reptile": f"{_HERE}.reptile",
        "ANIL": f"{_HERE}.anil",
        "SimCSE": f"{_HERE}.sim_cse",
        "MaskedTokens": f"{_HERE}.masked_tokens",
        "FineTune": f"{_HERE}.fine_tune",
    },
)
