"""The import lines of a program: what its text uses, it imports."""

from __future__ import annotations

import re

_MODULES = {
    "argparse": "import argparse",
    "copy": "import copy",
    "io": "import io",
    "json": "import json",
    "math": "import math",
    "np": "import numpy as np",
    "pl": "import polars as pl",
    "torch": "import torch",
}
"""Names that are followed by a dot where they are used."""
_NAMES = {
    "collections.abc": ("Callable",),
    "functools": ("partial",),
    "itertools": ("chain",),
    "pathlib": ("Path",),
    "typing": ("Any",),
    "PIL": ("Image", "ImageOps"),
    "scipy.sparse": ("csr_matrix", "hstack"),
    "scipy.stats": ("spearmanr",),
    "seqeval": ("metrics as spans",),
    "sklearn.compose": ("TransformedTargetRegressor",),
    "sklearn.feature_extraction.text": ("TfidfVectorizer",),
    "sklearn.feature_selection": ("VarianceThreshold",),
    "sklearn.linear_model": ("LogisticRegression", "Ridge"),
    "sklearn.metrics": (
        *("accuracy_score", "classification_report", "f1_score", "matthews_corrcoef"),
        *("mean_absolute_error", "r2_score", "root_mean_squared_error"),
    ),
    "sklearn.multiclass": ("OneVsRestClassifier",),
    "sklearn.pipeline": ("FeatureUnion", "Pipeline", "make_pipeline", "make_union"),
    "sklearn.preprocessing": ("StandardScaler",),
    "sklearn.svm": ("LinearSVC",),
    "torch": ("Tensor", "nn"),
    "torch.nn": ("functional",),
    "torch.nn.utils.rnn": ("pad_sequence",),
    "torch.optim.lr_scheduler": ("LambdaLR",),
    "torch.utils.data": ("DataLoader", "Dataset"),
    "tqdm": ("tqdm",),
    "transformers": ("AutoModel", "AutoTokenizer", "PreTrainedTokenizerBase"),
}
"""By module the names that a program takes from it."""
_STANDARD = (
    *("argparse", "collections.abc", "copy", "functools", "io"),
    *("itertools", "json", "math", "pathlib", "typing"),
)
_PACKAGES = {"PIL": "pillow", "sklearn": "scikit-learn"}


def imports(body: str) -> str:
    """The import block of a program of this `body`, the standard library first.

    >>> print(imports("x = np.zeros(1)\\ny: Any = Path()"))
    from pathlib import Path
    from typing import Any
    <BLANKLINE>
    import numpy as np
    """
    lines = [(line, _module(line)) for name, line in _MODULES.items() if _used(rf"{name}\.", body)]
    for module, names in _NAMES.items():
        taken = [name for name in names if _used(rf"{name.split()[-1]}\b", body)]
        if taken:
            lines.append((f"from {module} import {', '.join(taken)}", module))
    blocks = [
        sorted(line for line, module in lines if (module in _STANDARD) == standard)
        for standard in (True, False)
    ]
    blocks = [_plain_first(block) for block in blocks]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def packages(block: str) -> list[str]:
    """The packages that an import `block` needs, as they are installed."""
    roots = {_module(line).partition(".")[0] for line in block.splitlines() if line}
    return sorted(
        _PACKAGES.get(root, root) for root in roots - {name.partition(".")[0] for name in _STANDARD}
    )


def _used(pattern: str, body: str) -> bool:
    return re.search(rf"(?<![\w.\"]){pattern}", body) is not None


def _module(line: str) -> str:
    return line.split()[1]


def _plain_first(block: list[str]) -> list[str]:
    """As ruff sorts: `import` before `from`, each by module."""
    return sorted(block, key=lambda line: (line.startswith("from"), _module(line).lower()))
