"""What a program uses, it imports."""

from __future__ import annotations

from polytask.deployment.script.importing import imports, packages


def test_names_are_imported_where_they_are_used_alone():
    block = imports('model = nn.Linear(1, 1)\nprint(np.zeros(1), "json.dumps")\nx.Tensor')
    assert block.splitlines() == ["import numpy as np", "from torch import nn"]


def test_packages_are_those_that_are_installed():
    block = "import json\n\nimport numpy as np\nfrom PIL import Image\nfrom sklearn.svm import X"
    assert packages(block) == ["numpy", "pillow", "scikit-learn"]
