"""The rules of the house, held for every file: sizes, light imports, doors, mirrors, catalogues."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

import polytask
from polytask._catalogue import Catalogue

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "polytask"
TESTS = ROOT / "tests"
MODULES = sorted(SOURCE.rglob("*.py"))
CODE = sorted(
    path
    for folder in ("src", "tests", "examples", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
)
HEAVY = {"torch", "transformers", "sklearn", "scipy", "pandas", "matplotlib"}
KEEPS_NO_SOURCE = {"encoder", "kind of part", "head"}
"""Catalogues whose parts are plumbing, not methods that somebody published."""


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout


def _loaded_by(code: str) -> set[str]:
    """The heavy packages in memory after `code` in a new interpreter."""
    ending = f"import sys; print('LOADED', *({HEAVY!r} & sys.modules.keys()))"
    last = _python(f"{code}\n{ending}").strip().splitlines()[-1]
    return set(last.split()[1:])


def _command(*words: str) -> str:
    """Code that runs the command line in this interpreter, as `python -m polytask` would."""
    return (
        "import runpy, sys\n"
        f"sys.argv = {['polytask', *words]!r}\n"
        "try:\n    runpy.run_module('polytask', run_name='__main__')\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
    )


@pytest.mark.parametrize("path", CODE, ids=_name)
def test_a_file_has_at_most_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_a_class_has_at_most_20_methods() -> None:
    large = [
        f"{_name(path)}: {node.name}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
        and sum(isinstance(item, ast.FunctionDef) for item in node.body) > 20
    ]
    assert large == []


def test_the_door_loads_nothing_heavy() -> None:
    assert _loaded_by("import polytask") == set()
    assert "polars" not in _python("import polytask, sys; print(*sys.modules)").split()


@pytest.mark.parametrize("words", [("--help",), ("run", "--help"), ("weights", "list")])
def test_help_loads_nothing_heavy(words: tuple[str, ...]) -> None:
    assert _loaded_by(_command(*words)) == set()


def test_looking_at_data_loads_no_torch(tmp_path: Path) -> None:
    demo = str(ROOT / "examples" / "demo")
    assert "torch" not in _loaded_by(_command("check", demo))
    assert "torch" not in _loaded_by(_command("init", demo, "--out", str(tmp_path / "tasks.yaml")))
    plan = str(tmp_path / "planned" / "plan.py")  # its task file must not meet that of init
    assert "torch" not in _loaded_by(_command("plan", demo, "-o", plan))


def test_naming_parts_in_a_plan_loads_no_torch() -> None:
    code = (
        "from polytask.plan import FineTune, Focal, LoRA, PCGrad\n"
        "from polytask.planning.stubs import stubs\n"
        "from polytask.workflow.checking import VOCABULARY\n"
        "made = FineTune(balancer=PCGrad(), loss=Focal(), transfer=LoRA(r=4))\n"
        "assert made.endswith('loss=Focal(), transfer=LoRA(r=4))'), made\n"
        "assert 'def NashMTL(*, per_parameter: bool = False) -> str' in stubs(VOCABULARY)"
    )
    assert _loaded_by(code) == set()


def test_the_door_opens_much_faster_than_torch() -> None:
    assert 4 * _seconds("import polytask") < _seconds("import torch")


def _seconds(code: str) -> float:
    """The quickest of three runs of `code`, less the start of an interpreter."""

    def once(text: str) -> float:
        start = time.perf_counter()
        _python(text)
        return time.perf_counter() - start

    return max(0.0, min(once(code) for _ in range(3)) - min(once("") for _ in range(3)))


def test_tests_mirror_the_source() -> None:
    """Each test file stands where its module stands; `test_files_csv.py` may test `files.py` too.

    A file of the package's own name, or one that names what it walks through, tests the package.
    """
    astray = []
    for path in sorted(TESTS.rglob("test_*.py")):
        place = path.parent.relative_to(TESTS)
        if place in (Path(), Path("contracts")):
            continue  # the whole house
        if not (SOURCE / place).is_dir():
            astray.append(_name(path))
    assert astray == []


def test_every_module_with_code_is_tested() -> None:
    """A module, its package, or the module it was cut from has a test file or a doctest."""
    bare = [_name(path) for path in MODULES if _has_code(path) and not _is_tested(path)]
    assert bare == []


def _has_code(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef) for node in ast.walk(tree))


def _is_tested(path: Path) -> bool:
    place = TESTS / path.parent.relative_to(SOURCE)
    stem = path.parent.name if path.stem == "__init__" else path.stem.strip("_")
    words = stem.split("_")
    names = {"_".join(words[:n]) for n in range(1, len(words) + 1)}
    near = [*place.glob("test_*.py"), *place.parent.glob(f"test_{path.parent.name}*.py")]
    tested = {file.stem.removeprefix("test_") for file in near}
    cut_from = any(name in tested or f"{name}s" in tested for name in names)
    whole = path.parent.name in tested
    return cut_from or whole or any(name.startswith(stem) for name in tested) or _mentioned(path)


def _mentioned(path: Path) -> bool:
    """Whether a test imports the module by its name, or the module holds a doctest."""
    dotted = ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts)
    pattern = re.compile(rf"\b{re.escape(dotted.removesuffix('.__init__'))}\b")
    if ">>> " in path.read_text(encoding="utf-8"):
        return True
    return any(pattern.search(file.read_text(encoding="utf-8")) for file in TESTS.rglob("*.py"))


PACKAGES = sorted(
    name for _, name, is_package in pkgutil.walk_packages([str(SOURCE)], "polytask.") if is_package
)


@pytest.mark.parametrize("name", ["polytask", *PACKAGES])
def test_a_room_says_what_lives_there(name: str) -> None:
    assert (importlib.import_module(name).__doc__ or "").strip()


@pytest.mark.parametrize("name", ["polytask", *PACKAGES])
def test_a_door_is_exact(name: str) -> None:
    """Where `__all__` is written, each of its names is there, and nothing else is offered."""
    module = importlib.import_module(name)
    if not hasattr(module, "__all__"):
        return
    offered = list(module.__all__)
    assert len(offered) == len(set(offered))
    for item in offered:
        assert getattr(module, item) is not None
    if "__dir__" in vars(module):
        assert set(offered) <= set(dir(module))
    extra = {
        node.name
        for node in ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
    }
    assert extra <= set(offered)


def _catalogues() -> dict[str, Catalogue]:
    found: dict[str, Catalogue] = {}
    for path in MODULES:
        if "Catalogue(\n" not in path.read_text(encoding="utf-8") or path.stem == "_catalogue":
            continue
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        module = importlib.import_module(".".join(p for p in parts if p != "__init__"))
        for value in vars(module).values():
            if isinstance(value, Catalogue):
                found[value.kind] = value
    return found


PARTS = [(kind, name) for kind, catalogue in _catalogues().items() for name in catalogue]


@pytest.mark.parametrize(("kind", "name"), PARTS)
def test_a_part_in_a_catalogue_is_there_and_says_what_it_does(kind: str, name: str) -> None:
    catalogue = _catalogues()[kind]
    part = catalogue.load(name)
    assert part.__name__ == name
    assert catalogue.summary(name).endswith((".", ":"))
    catalogue.signature(name)


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, name in PARTS if kind not in KEEPS_NO_SOURCE]
)
def test_a_method_names_its_source(kind: str, name: str) -> None:
    """The file says where the method comes from: a year, or that it is this project's own."""
    module = importlib.import_module(_catalogues()[kind].modules[name])
    text = Path(str(module.__file__)).read_text(encoding="utf-8")
    assert re.search(r"\b(18|19|20)\d\d\b|arXiv|Source:|textbook", text)


@pytest.mark.parametrize(("kind", "name"), [part for part in PARTS if part[0] != "kind of part"])
def test_a_part_says_what_it_costs(kind: str, name: str) -> None:
    """A class attribute `cost`, its own or of a base: a phrase that `polytask recipes` shows."""
    cost = _catalogues()[kind].fact(name, "cost")
    assert cost
    assert not cost.endswith(".")


def test_the_version_is_that_of_the_project() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{polytask.__version__}"' in text


def test_pinned_versions_fit_the_project() -> None:
    from importlib.metadata import requires

    from packaging.requirements import Requirement

    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    names = {name.lower().replace("_", "-"): version for name, version in pinned.items()}
    for text in requires("polytask") or []:
        wanted = Requirement(text)
        if wanted.name != "polytask":
            assert wanted.specifier.contains(names[wanted.name.lower().replace("_", "-")]), text
