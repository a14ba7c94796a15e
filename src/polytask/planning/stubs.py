"""What a plan program may import from `polytask.plan`: its vocabulary, as stubs and as a document.

Everything is read from source text (the `Operations` protocol, the constructors of recipes), so
there is no second schema and nothing heavy is imported.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from polytask._catalogue import Catalogue, Parameter, Spec, nearest, parse
from polytask._errors import ConfigError
from polytask.planning import answers, operations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_PLAIN = {"int", "float", "str", "bool", "None", "list", "tuple", "dict", "Sequence", "Mapping"}
_HEADER = '''"""What a plan program may use."""
from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict
'''


@dataclass(frozen=True)
class Vocabulary:
    """The words of a plan program beside the operations.

    Args:
        recipes: The recipes `train` takes.
        nested: Argument name → catalogue of the parts it may hold, e.g. `{"balancer": BALANCERS}`.
    """

    recipes: Catalogue
    nested: Mapping[str, Catalogue] = field(default_factory=dict)

    def catalogues(self) -> Iterator[tuple[str, Catalogue]]:
        """Every part name with its catalogue; recipes first, each name once."""
        seen: set[str] = set()
        for catalogue in (self.recipes, *self.nested.values()):
            for name in catalogue:
                if name not in seen:
                    seen.add(name)
                    yield name, catalogue

    def names(self) -> list[str]:
        """All that can be imported from `polytask.plan`."""
        return [*operation_names(), *results(), *(name for name, _ in self.catalogues())]

    def form(self, name: str) -> Callable[..., str]:
        """A function that gives the text form of the part `name`: called with `epochs=3` that of
        `FineTune` gives "FineTune(epochs=3)"; unknown arguments raise `ConfigError`.

        Raises:
            ConfigError: No part has this name.
        """
        catalogue = dict(self.catalogues()).get(name)
        if catalogue is None:
            raise ConfigError(f"Unknown part {name!r}: {nearest(name, dict(self.catalogues()))}")
        return self._form(name, catalogue)

    def canonical(self, recipe: str) -> str:
        """The one text form of `recipe`, names and arguments checked, defaults left out.

        Raises:
            ConfigError: Not a recipe; the message offers the nearest.
        """
        return str(self.recipes.canonical(self._with_parts(parse(recipe))))

    def _form(self, name: str, catalogue: Catalogue) -> Callable[..., str]:
        def form(**arguments: bool | float | str | list[object] | None) -> str:
            spec = Spec(name, arguments)  # type: ignore[arg-type]
            catalogue.check(spec)
            return str(self._with_parts(spec))

        form.__name__ = form.__qualname__ = name
        return form

    def _with_parts(self, spec: Spec) -> Spec:
        arguments = dict(spec.arguments)
        for key, catalogue in self.nested.items():
            value = arguments.get(key)
            if isinstance(value, (str, Spec)):
                part = parse(value) if isinstance(value, str) else value
                arguments[key] = catalogue.canonical(part)
        return Spec(spec.name, arguments)


def operation_names() -> list[str]:
    """The operations a plan may call, in the order of the protocol.

    >>> operation_names()[:3]
    ['tasks', 'profile', 'helpers']
    """
    return [item.name for item in _methods()]


def results() -> list[str]:
    """The typed dictionaries that operations give back.

    >>> results()
    ['Trained', 'Compared', 'Helper', 'Clue', 'Cost', 'Attempted', 'Drafted']
    """
    return [item.name for item in _dictionaries()]


def signature(operation: str) -> inspect.Signature:
    """The signature of an operation, without `self`."""
    full = inspect.signature(getattr(operations.Operations, operation))
    return full.replace(parameters=list(full.parameters.values())[1:])


def stubs(vocabulary: Vocabulary) -> str:
    """The typed stub text of the module `polytask.plan`.

    Args:
        vocabulary: The recipes and the parts in their arguments; arguments that hold a part are
            `str` here, since a part's function gives its text form.
    """
    parts = [_HEADER]
    parts += [_source(item) for item in _dictionaries()]
    parts += [_function(item) for item in _methods()]
    for name, catalogue in vocabulary.catalogues():
        shown = _shown(name, catalogue, vocabulary)
        summary = catalogue.summary(name).replace("\\", "\\\\")  # formulas hold backslashes
        parts.append(f'def {shown}:\n    """{summary}"""\n    ...')
    return "\n\n".join(parts) + "\n"


def reference(vocabulary: Vocabulary, *, short: bool = False) -> str:
    """All a person or a language model needs to write a plan, as one readable document.

    Args:
        vocabulary: The recipes and the parts in their arguments.
        short: A quarter of it, for models that read little at a time: what each operation does,
            without its arguments one by one, and recipes without the parts that they may hold.
    """
    lines = [_INTRODUCTION, "## Operations", ""]
    for item in _methods():
        head = _function(item).split("\n", 1)[0].removesuffix(":")
        told = ast.get_docstring(item) or ""
        lines += ["```python", head, "```", told.split("\n\n", 1)[0] if short else told, ""]
    lines += ["## What they give back", ""]
    for found in _dictionaries():
        lines += ["```python", _source(found), "```", ""]
    if short:
        recipes = [f"- `{name}`: {vocabulary.recipes.summary(name)}" for name in vocabulary.recipes]
        return "\n".join([*lines, "## Recipes", "", *recipes, "", _LANGUAGE, ""])
    lines += ["## Recipes and their parts", ""]
    for name, catalogue in vocabulary.catalogues():
        lines.append(f"- `{_shown(name, catalogue, vocabulary)}`: {catalogue.summary(name)}")
    return "\n".join([*lines, "", _LANGUAGE, ""])


@functools.cache
def _text() -> str:
    """The source of the results, then that of the operations."""
    files = (answers.__file__, operations.__file__)
    return "\n".join(Path(file).read_text(encoding="utf-8") for file in files)


@functools.cache
def _tree() -> ast.Module:
    return ast.parse(_text())


def _dictionaries() -> list[ast.ClassDef]:
    return [item for item in _classes() if ast.unparse(item.bases[0]) == "TypedDict"]


def _classes() -> list[ast.ClassDef]:
    return [item for item in _tree().body if isinstance(item, ast.ClassDef)]


def _methods() -> list[ast.FunctionDef]:
    protocol = next(item for item in _classes() if item.name == "Operations")
    return [item for item in protocol.body if isinstance(item, ast.FunctionDef)]


def _source(item: ast.ClassDef | ast.FunctionDef) -> str:
    lines = _text().splitlines()[item.lineno - 1 : item.end_lineno]
    return textwrap.dedent("\n".join(lines))


def _function(method: ast.FunctionDef) -> str:
    """The text of an operation without `self`, its signature on one line."""
    lines = _source(method).splitlines()
    size = method.body[0].lineno - method.lineno
    head = " ".join(line.strip() for line in lines[:size])
    head = re.sub(r"\( ?self(, )?", "(", head).replace(", ) ->", ") ->")
    return "\n".join([head, *lines[size:]])


def _shown(name: str, catalogue: Catalogue, vocabulary: Vocabulary) -> str:
    inner = [_argument(item, vocabulary) for item in catalogue.signature(name)]
    return f"{name}({', '.join(['*', *inner] if inner else [])}) -> str"


def _argument(parameter: Parameter, vocabulary: Vocabulary) -> str:
    part = parameter.name in vocabulary.nested or not _is_plain(parameter.annotation)
    kind = "str" if part else parameter.annotation
    if parameter.default is None:
        return f"{parameter.name}: {kind}"
    return f"{parameter.name}: {kind} = {'...' if part else _default(parameter.default)}"


def _is_plain(annotation: str) -> bool:
    if annotation.startswith("Literal["):
        return True
    names = {node.id for node in ast.walk(ast.parse(annotation)) if isinstance(node, ast.Name)}
    return names <= _PLAIN


def _default(written: str) -> str:
    try:
        ast.literal_eval(written)
    except ValueError:
        return "..."  # a constant by name or a factory: what it is does not matter for checking
    return written


_INTRODUCTION = """# Plan programs

A plan is a Python program that decides how tasks are learned: it trains parts, compares them on
dev rows, and names the model to deliver. Data and weights stay outside; a part is a handle (str).

```python
from polytask.plan import FineTune, Probe, combine, compare, finish, tasks, train

t = tasks("tasks.yaml")
controls = {}
for task in t:
    tried = [train([task], Probe()), train([task], FineTune(epochs=3))]
    done = [result for result in tried if result["status"] == "done"]
    controls[task] = max(done, key=lambda result: result["dev"][task])["part"]
joint = train(t, FineTune(epochs=3))
parts = dict(controls)
if joint["status"] == "done":
    for task, verdict in compare(joint["part"], controls).items():
        if verdict["gain"] > -0.005:
            parts[task] = joint["part"]
finish(combine(parts, controls))
```
"""

_LANGUAGE = """## The language

Python in a sandbox: functions, closures, loops, comprehensions, try/except, match, dataclasses,
f-strings, recursion. Not there: class inheritance, `yield`, `del`, decorated methods, files,
network, packages. `math json re itertools functools collections random datetime copy dataclasses
typing` can be imported; the clock stands still and `random` is seeded, so that a plan decides only
by what its operations answer. `print(...)` writes to the log like `say(...)`.
A result with `status` other than "done" is a value, not an error; a wrong task name or handle is a
ValueError. When the budget ends in an operation the plan ends there, and the best parts so far are
delivered: put what matters first."""
