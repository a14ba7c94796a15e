"""Names to parts: what may be written in a plan, in `tasks.yaml` or on the command line.

A catalogue maps the name of a part to the module it lives in and imports that module only when
the part is built. Signatures and summaries are read from the source text, so that a plan can be
checked and stubs can be written without importing torch. The text form of a part,
`FineTune(epochs=3, balancer=Uncertainty())`, is read with `ast` and never evaluated.
"""

from __future__ import annotations

import ast
import difflib
import functools
import importlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from polytask._errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Literal: TypeAlias = "bool | int | float | str | list[Literal] | Spec | None"


@dataclass(frozen=True)
class Parameter:
    """A constructor argument as written in the source: name, annotation, default (or `None`)."""

    name: str
    annotation: str
    default: str | None


@dataclass(frozen=True)
class Spec:
    """A part as written: its name and keyword arguments. `str()` gives the text form.

    >>> str(parse("FineTune( epochs = 3 )"))
    'FineTune(epochs=3)'
    """

    name: str
    arguments: Mapping[str, Literal]

    def __str__(self) -> str:
        inner = ", ".join(f"{key}={_show(value)}" for key, value in self.arguments.items())
        return f"{self.name}({inner})"


def _show(value: Literal) -> str:
    return str(value) if isinstance(value, Spec) else repr(value)


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of an error message: the nearest known name, and all of them.

    >>> nearest("acuracy", ["accuracy", "mcc"])
    "did you mean 'accuracy'? Known: accuracy, mcc"
    >>> nearest("lora", ["LoKr", "LoRA"])
    "did you mean 'LoRA'? Known: LoKr, LoRA"
    """
    names = sorted(known)
    alike = [one for one in names if one.lower() == name.lower()]
    close = alike or difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}Known: {', '.join(names)}"


def parse(text: str) -> Spec:
    """Read the text form of a part; literals and nested parts only.

    Raises:
        ConfigError: The text is not one name with keyword arguments.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ConfigError(f"A part is written like FineTune(epochs=3); found {text!r}") from error
    return _spec(tree, text)


def from_yaml(value: object) -> Spec:
    """Read a part as YAML gives it: `FineTune`, `FineTune(epochs=3)` or `{FineTune: {epochs: 3}}`.

    >>> str(from_yaml({"FineTune": {"epochs": 3}}))
    'FineTune(epochs=3)'
    """
    if isinstance(value, str):
        return parse(value)
    if isinstance(value, dict) and len(value) == 1:
        name, arguments = next(iter(value.items()))
        if isinstance(name, str) and isinstance(arguments or {}, dict):
            return Spec(name, {str(k): _nested(v) for k, v in (arguments or {}).items()})
    raise ConfigError(
        f"A part is written like FineTune or {{FineTune: {{epochs: 3}}}}; found {value!r}"
    )


def _nested(value: Any) -> Literal:
    return from_yaml(value) if isinstance(value, dict) else value


def _spec(tree: ast.expr, text: str) -> Spec:
    if isinstance(tree, ast.Name):
        return Spec(tree.id, {})
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and not tree.args:
        arguments = {k.arg: _literal(k.value, text) for k in tree.keywords if k.arg}
        if len(arguments) == len(tree.keywords):
            return Spec(tree.func.id, arguments)
    raise ConfigError(
        f"A part is a name with keyword arguments, like FineTune(epochs=3); found {text!r}"
    )


def _literal(tree: ast.expr, text: str) -> Literal:
    if isinstance(tree, (ast.Call, ast.Name)):
        return _spec(tree, text)
    if isinstance(tree, (ast.List, ast.Tuple)):
        return [_literal(item, text) for item in tree.elts]
    try:
        value = ast.literal_eval(tree)
    except ValueError as error:
        raise ConfigError(
            f"Arguments are numbers, strings, lists or parts; found {text!r}"
        ) from error
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise ConfigError(f"Arguments are numbers, strings, lists or parts; found {text!r}")


@dataclass(frozen=True)
class Catalogue:
    """The parts of one kind.

    Args:
        kind: What they are, in the singular, for messages ("recipe").
        modules: Class name → module that defines it.
    """

    kind: str
    modules: Mapping[str, str]

    def __iter__(self) -> Iterator[str]:
        return iter(self.modules)

    def __contains__(self, name: object) -> bool:
        return name in self.modules

    def load(self, name: str) -> type[Any]:
        """The class called `name`; imports its module."""
        self._check(name)
        found: type[Any] = getattr(importlib.import_module(self.modules[name]), name)
        return found

    def about(self, name: str) -> str:
        """The class docstring, read from the source text."""
        self._check(name)
        return ast.get_docstring(_class(self.modules[name], name)) or ""

    def summary(self, name: str) -> str:
        """The first line of the class docstring, read from the source text."""
        return self.about(name).partition("\n")[0]

    def fact(self, name: str, attribute: str) -> str:
        """A text that the class, or the nearest base that does, gives for `attribute`; "" if none.

        Read from the source text, without importing it.
        """
        self._check(name)
        return _fact(self.modules[name], name, attribute)

    def signature(self, name: str) -> list[Parameter]:
        """The constructor's arguments, read from the source text without importing it."""
        self._check(name)
        tree = _class(self.modules[name], name)
        for item in tree.body:
            if isinstance(item, ast.FunctionDef) and item.name == "__init__":
                return _arguments(item.args)
        return [
            Parameter(item.target.id, ast.unparse(item.annotation), _default(item.value))
            for item in tree.body
            if isinstance(item, ast.AnnAssign)
            and isinstance(item.target, ast.Name)
            and not ast.unparse(item.annotation).startswith("ClassVar")
        ]

    def check(self, spec: Spec) -> None:
        """Refuse an unknown name or argument, with the nearest known one; imports nothing."""
        self._check(spec.name)
        known = [parameter.name for parameter in self.signature(spec.name)]
        for argument in spec.arguments:
            if argument not in known:
                hint = nearest(argument, known)
                raise ConfigError(f"{spec.name} has no argument {argument!r}: {hint}")

    def canonical(self, spec: Spec) -> Spec:
        """The one way to write `spec`: no argument that is the default, in the constructor's order.

        Parts among the arguments stay as they are. Refuses what `check` refuses.
        """
        self.check(spec)
        kept = {
            parameter.name: spec.arguments[parameter.name]
            for parameter in self.signature(spec.name)
            if parameter.name in spec.arguments
            and not _is_default(spec.arguments[parameter.name], parameter)
        }
        return Spec(spec.name, kept)

    def build(self, spec: Spec, nested: Mapping[str, Catalogue] | None = None) -> Any:
        """The part that `spec` describes; parts among its arguments come from `nested`.

        Args:
            spec: The part as written.
            nested: Argument name → catalogue of the parts it may hold.

        Raises:
            ConfigError: Unknown name or argument, or a value the constructor refuses.
        """
        self.check(spec)
        arguments: dict[str, Any] = {}
        for key, value in spec.arguments.items():
            inner = (nested or {}).get(key)
            if isinstance(value, Spec) and inner is None:
                raise ConfigError(f"{spec.name}: `{key}` takes a plain value; found {value}")
            if isinstance(value, str) and inner is not None:
                value = parse(value)
            arguments[key] = inner.build(value) if isinstance(value, Spec) and inner else value
        try:
            return self.load(spec.name)(**arguments)
        except TypeError as error:
            known = ", ".join(f"{one.name}: {one.annotation}" for one in self.signature(spec.name))
            raise ConfigError(
                f"{spec} has a value of the wrong type ({error}). It takes {known}"
            ) from error
        except ValueError as error:
            raise ConfigError(f"{spec}: {error}") from error

    def _check(self, name: str) -> None:
        if name not in self.modules:
            raise ConfigError(f"Unknown {self.kind} {name!r}: {nearest(name, self.modules)}")


@functools.cache
def _tree(module: str) -> ast.Module:
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        raise ConfigError(f"The module {module!r} cannot be found")
    return ast.parse(Path(found.origin).read_text(encoding="utf-8"))


def _class(module: str, name: str) -> ast.ClassDef:
    body = _tree(module).body
    return next(n for n in body if isinstance(n, ast.ClassDef) and n.name == name)


def _fact(module: str, name: str, attribute: str) -> str:
    stated = _class(module, name)
    for item in stated.body:
        if isinstance(item, ast.AnnAssign) and ast.unparse(item.target) == attribute and item.value:
            return str(ast.literal_eval(item.value))
    for base in stated.bases:
        place = _place(module, ast.unparse(base))
        found = _fact(place, ast.unparse(base), attribute) if place else ""
        if found:
            return found
    return ""


def _place(module: str, name: str) -> str:
    """The module of this package that defines the class called `name` in `module`; "" if none."""
    for item in _tree(module).body:
        if isinstance(item, ast.ClassDef) and item.name == name:
            return module
        if isinstance(item, ast.ImportFrom) and name in (alias.name for alias in item.names):
            known = str(item.module)
            return known if known.startswith(f"{__package__}.") else ""
    return ""


def _arguments(args: ast.arguments) -> list[Parameter]:
    named = args.kwonlyargs
    positional = args.args[1:]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(args.defaults))
    pairs = [*zip(positional, [*defaults, *args.defaults], strict=True)]
    pairs += [*zip(named, args.kw_defaults, strict=True)]
    return [
        Parameter(
            arg.arg, ast.unparse(arg.annotation) if arg.annotation else "object", _default(value)
        )
        for arg, value in pairs
    ]


def _default(value: ast.expr | None) -> str | None:
    return None if value is None else ast.unparse(value)


def _is_default(value: Literal, parameter: Parameter) -> bool:
    if parameter.default is None:
        return False
    try:
        return value == _literal(ast.parse(parameter.default, mode="eval").body, "")
    except ConfigError:
        return False  # a default that no plan could write
