"""What every test shares: fixed seeds, no network, and marks that skip what is absent."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import random
import sys
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ["POLYTASK_KNOWLEDGE"] = "off"  # no test may change the plan of another
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # a test that wants the network is a mistake

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"


@pytest.fixture(autouse=True)
def _seeds() -> None:
    random.seed(0)
    np.random.seed(0)  # libraries draw from the global state
    if torch := sys.modules.get("torch"):  # tests that need it have imported it
        torch.manual_seed(0)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of the development data."""
    return SHARED


def _beside(name: str):
    """The module `name` of this folder."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # a dataclass looks its module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def gguf_file(tmp_path_factory) -> Path:
    """A very small language model as a GGUF file, see `gguf_file.write`."""
    pytest.importorskip("gguf", reason="pip install 'polytask[llm-local]'")
    return _beside("gguf_file").write(tmp_path_factory.mktemp("gguf") / "tiny.gguf")


@pytest.fixture
def server(monkeypatch):
    """Starts servers of the chat protocol that answer as a test says, see `scripted`."""
    module = _beside("scripted")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with contextlib.ExitStack() as stack:
        yield lambda say: stack.enter_context(module.scripted(say))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests whose data or weights are not on this machine, and say what would bring them."""
    if item.get_closest_marker("shared") and not SHARED.is_dir():
        pytest.skip("the development data ../shared/data is not there")
    mark = item.get_closest_marker("weights")
    if mark is not None:
        from polytask.learning.weights import find

        absent = [name for name in mark.args or ("text",) if not find(name)]
        if absent:
            pytest.skip(f"weights are not there: polytask weights get {' '.join(absent)}")
