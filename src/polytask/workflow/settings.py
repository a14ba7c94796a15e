"""What a user may choose for a run, in one checked value."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from polytask._catalogue import nearest
from polytask._errors import ConfigError, MissingError
from polytask.evaluation.report.front import PREFERENCES
from polytask.learning.weights import ALIASES, WEIGHTS, find, source_of
from polytask.learning.weights.smollm2 import GGUF
from polytask.planning.budget import milliseconds
from polytask.planning.chat.server import EMBEDDED, Server, prices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OF_MODEL = (
    *("llm", "llm_model", "llm_tokens", "llm_prices"),
    *("goal", "share_rows", "prompt_rows"),
)
"""Options that count only with a language model."""
_WEIGHING = ("prefer", "max_latency")
"""Options that stand in `run.json` only where they were given: runs before them lack them."""
_DTYPES = ("auto", "bfloat16", "float32")


class Options(TypedDict, total=False):
    """The keyword options of `polytask.run` and `polytask.plan`; meanings as in `Settings`."""

    seed: int
    inputs: Sequence[str]
    targets: Sequence[str]
    kinds: Mapping[str, str]
    helpers: str | Path | Sequence[str | Path]
    encoder: str
    image_encoder: str
    device: str
    threads: int
    workers: int
    dtype: str
    margin: float
    prefer: str
    max_latency: str
    fresh: bool
    llm: str
    llm_model: str
    llm_tokens: int
    llm_prices: str
    goal: str
    share_rows: bool
    prompt_rows: int


@dataclass(frozen=True)
class Settings:
    """Choices of a run, checked.

    Args:
        seed: Seed of splits, training and bootstrap.
        inputs: Input columns; empty: recognised.
        targets: Target columns; empty: recognised.
        kinds: Target column → kind, where the user states it.
        helpers: Files or folders with labelled sets that may help and are not served.
        encoder: Text encoder: embedded weights by name, a folder or a hub id; "" by language.
        image_encoder: The same for images.
        device: torch device.
        threads: torch threads; 0 means as many as this process may use.
        workers: Processes that train candidates at once, each with that many threads (figures
            depend on threads and never on workers) and started where 2 GiB of memory are free.
        dtype: "auto" (bfloat16 where the processor has it), "bfloat16" or "float32".
        margin: δ of the certificate, as a fraction: 0.01 is one point.
        prefer: Of the choices of parts that lose less than the margin on dev, what is delivered:
            "accurate" (the best on dev), "small" (on disk) or "fast" (for one row).
        max_latency: How long one row may take at most, e.g. "20ms"; "" for any.
        fresh: Ignore what earlier runs have trained, and what is remembered of them.
        llm: A language model to ask for plans and to hold the model against: an address that speaks
            the chat protocol, a name of one, a GGUF file, or "smollm2"; "" for none. Its key is
            taken from the variable POLYTASK_LLM_KEY, for OpenAI's own service also from
            OPENAI_API_KEY.
        llm_model: The model to ask for, as the server names it; not needed for a file.
        llm_tokens: Tokens that the run may use in all.
        llm_prices: "IN,OUT", the prices of a million tokens sent and written; "" where unknown.
        goal: What is wanted, in a sentence, for the language model.
        share_rows: Whether it may see training rows; it never sees rows that judge before all is
            decided.
        prompt_rows: How many test rows the language model answers after all is decided, to be held
            against the model; 0 for none.

    Raises:
        ConfigError: A value outside its range.

    >>> Settings(margin=2.0)
    Traceback (most recent call last):
    ...
    polytask._errors.ConfigError: `margin` lies above 0 and below 0.5 (0.01 is one point); found 2.0
    """

    seed: int = 0
    inputs: Sequence[str] = ()
    targets: Sequence[str] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    helpers: str | Path | Sequence[str | Path] = ()
    encoder: str = ""
    image_encoder: str = ""
    device: str = "cpu"
    threads: int = 0
    workers: int = 1
    dtype: str = "auto"
    margin: float = 0.01
    prefer: str = "accurate"
    max_latency: str = ""
    fresh: bool = False
    llm: str = ""
    llm_model: str = ""
    llm_tokens: int = 200_000
    llm_prices: str = ""
    goal: str = ""
    share_rows: bool = False
    prompt_rows: int = 100

    def __post_init__(self) -> None:
        if not 0 < self.margin < 0.5:
            raise ConfigError(
                f"`margin` lies above 0 and below 0.5 (0.01 is one point); found {self.margin!r}"
            )
        if not 0 <= self.threads <= 1024:
            raise ConfigError(f"`threads` is 1 or more, or 0 for all; found {self.threads!r}")
        if not 1 <= self.workers <= 64:
            raise ConfigError(f"`workers` is between 1 and 64; found {self.workers!r}")
        if self.dtype not in _DTYPES:
            raise ConfigError(f"Unknown dtype {self.dtype!r}: {nearest(self.dtype, _DTYPES)}")
        if not 0 <= self.seed < 2**32:
            raise ConfigError(f"`seed` is between 0 and 4294967295; found {self.seed!r}")
        self._check_weighing()
        self._check_model()
        object.__setattr__(self, "helpers", _paths(self.helpers))
        for name in ("encoder", "image_encoder"):
            object.__setattr__(self, name, _place(getattr(self, name)))
        if not self.threads:
            object.__setattr__(self, "threads", len(os.sched_getaffinity(0)))

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Settings:
        """The settings that `options` describe; an unknown option offers the nearest."""
        known = [item.name for item in fields(cls)]
        for name in options:
            if name not in known:
                raise ConfigError(f"Unknown option {name!r}: {nearest(name, known)}")
        return cls(**options)

    @property
    def server(self) -> Server | None:
        """The language model, if there is one."""
        if not self.llm:
            return None
        told = prices(self.llm_prices)
        file = _embedded(self.llm)
        return Server(self.llm, self.llm_model, self.llm_tokens, told, file, self.threads)

    def plain(self) -> dict[str, Any]:
        """The settings as plain data for `run.json` and the worker."""
        found = {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(self).items()}
        left = [] if self.llm else [*OF_MODEL]
        left += [name for name in _WEIGHING if found[name] == getattr(type(self), name)]
        return {key: v for key, v in found.items() if key not in left}

    @property
    def weighs(self) -> bool:
        """Whether size or time of the model count."""
        return self.prefer != "accurate" or bool(self.max_latency)

    @property
    def bound(self) -> float:
        """Milliseconds that one row may take at most; 0.0 for any."""
        return milliseconds(self.max_latency) if self.max_latency else 0.0

    def _check_weighing(self) -> None:
        if self.prefer not in PREFERENCES:
            raise ConfigError(
                f"Unknown preference {self.prefer!r}: {nearest(self.prefer, PREFERENCES)}"
            )
        if self.max_latency:
            milliseconds(self.max_latency)

    def _check_model(self) -> None:
        server = self.server
        said = [name for name in OF_MODEL if getattr(self, name) != getattr(type(self), name)]
        if server is None and said:
            raise ConfigError(
                f"`{said[0]}` is for a language model: name one with `llm`, e.g. "
                "--llm http://localhost:8080/v1 --llm-model NAME"
            )
        if not 0 <= self.prompt_rows <= 10_000:
            raise ConfigError(f"`prompt_rows` is between 0 and 10000; found {self.prompt_rows!r}")
        if server is not None:
            object.__setattr__(self, "llm", server.address)


def _paths(helpers: Any) -> tuple[str, ...]:
    named = [helpers] if isinstance(helpers, (str, Path)) else helpers
    if not isinstance(named, (list, tuple)) or not all(isinstance(i, (str, Path)) for i in named):
        raise ConfigError(
            f"`helpers` takes files or folders; found {type(helpers).__name__}: save the rows as "
            "parquet, csv or jsonl and name the files"
        )
    return tuple(map(str, named))


def _embedded(llm: str) -> str:
    """The file of the embedded language model, if `llm` names it."""
    if llm != EMBEDDED:
        return ""
    folder = find(llm)
    if folder is None:
        source = source_of(llm)
        raise MissingError(
            f"The weights {llm!r} ({source.megabytes} MB) are not here: polytask weights get {llm}"
        )
    return str(folder / GGUF)


def _place(encoder: str | Path) -> str:
    """The name of an encoder; a folder by its whole path, for a resumed run may start elsewhere."""
    named = str(encoder)
    is_folder = named not in ("", *WEIGHTS, *ALIASES) and Path(named).expanduser().is_dir()
    return str(Path(named).expanduser().resolve()) if is_folder else named


def typed(options: Mapping[str, Any]) -> list[str]:
    """Options as they are typed: a switch alone; what is empty, or a switch that is off, is not.

    >>> typed({"seed": 0, "share_rows": True, "goal": "", "llm_model": "qwen3"})
    ['--seed', '0', '--share-rows', '--llm-model', 'qwen3']
    """
    words: list[str] = []
    for name, value in options.items():
        if value is True:
            words += [f"--{name.replace('_', '-')}"]
        elif value not in ("", False) or type(value) is int:
            words += [f"--{name.replace('_', '-')}", str(value)]
    return words
