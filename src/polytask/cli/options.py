"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from polytask._errors import ConfigError

if TYPE_CHECKING:
    from polytask.workflow.settings import Options

Sources = Annotated[
    list[Path],
    typer.Argument(help="Files, a folder, a tasks.yaml, or (to run) a plan.py.", metavar="SOURCE…"),
]
Inputs = Annotated[
    list[str], typer.Option("--input", help="An input column (repeatable); recognised when absent.")
]
Targets = Annotated[
    list[str],
    typer.Option("--target", help="A target column (repeatable); recognised when absent."),
]
Kinds = Annotated[
    list[str],
    typer.Option("--kind", help="TARGET=KIND, e.g. score=regression (repeatable)."),
]
Helpers = Annotated[
    list[Path],
    typer.Option(
        "--helpers",
        help="Labelled sets that may help and are not served: a folder or file (repeatable).",
        metavar="DIR",
    ),
]
Workers = Annotated[
    int,
    typer.Option(
        help="Processes that train candidates at once, each with --threads threads and 2 GiB."
    ),
]
Llm = Annotated[
    str,
    typer.Option(
        "--llm",
        help="A language model to plan with and to be held against: an address that speaks the "
        "chat protocol (or openai, ollama, llama-server), a GGUF file, or smollm2. The key of an "
        "address: POLYTASK_LLM_KEY.",
        metavar="URL_NAME_OR_FILE",
    ),
]
LlmModel = Annotated[
    str,
    typer.Option(
        "--llm-model", help="The model to ask for, as its server names it; no need for a file."
    ),
]
LlmTokens = Annotated[int, typer.Option("--llm-tokens", help="Tokens the run may use in all.")]
LlmPrices = Annotated[
    str,
    typer.Option("--llm-prices", help="Prices of a million tokens, IN,OUT: costs are shown."),
]
Goal = Annotated[
    str, typer.Option("--goal", help="What is wanted, in a sentence, for the language model.")
]
ShareRows = Annotated[
    bool, typer.Option("--share-rows", help="Let the language model see some training rows.")
]
PromptRows = Annotated[
    int,
    typer.Option(
        "--prompt-rows",
        help="Test rows that the language model answers after all is decided; 0 for none.",
    ),
]
Prefer = Annotated[
    str,
    typer.Option(
        "--prefer",
        help="accurate, small or fast: what is delivered of all that loses less than the margin.",
    ),
]
MaxLatency = Annotated[
    str,
    typer.Option(
        "--max-latency", help="How long one row may take at most, e.g. 20ms.", metavar="TIME"
    ),
]
Seed = Annotated[int, typer.Option(help="Seed of splits, training and intervals.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Stubs = Annotated[bool, typer.Option("--stubs", help="Print typed Python stubs instead.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print the result alone.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Print every event.")]
NewRun = Annotated[
    Path | None, typer.Option(help="Run folder to make (default: runs/NAME-N).", metavar="DIR")
]
RefitBudget = Annotated[
    str | None,
    typer.Option("--budget", help="Also train all of a part's tasks again, in 90s, 5m, 1h30m."),
]
RunFolderPath = Annotated[Path, typer.Argument(help="A finished run folder.", metavar="DIR")]


def kinds(values: list[str]) -> dict[str, str]:
    """Read `TARGET=KIND` options.

    >>> kinds(["score=regression"])
    {'score': 'regression'}
    """
    found = {}
    for value in values:
        target, sign, kind = value.rpartition("=")
        if not sign or not target or not kind:
            raise ConfigError(
                f"--kind is written TARGET=KIND, like score=regression; found {value!r}"
            )
        found[target] = kind
    return found


def source(paths: list[Path]) -> Path | list[Path]:
    """One path alone, or the list of several."""
    return paths[0] if len(paths) == 1 else paths


def given(context: typer.Context, values: Options) -> Options:
    """Of `values` those that stand on the command line; the others are defaults."""

    def is_said(name: str) -> bool:
        source = context.get_parameter_source(name)
        return source is not None and source.name == "COMMANDLINE"

    return cast("Options", {name: value for name, value in values.items() if is_said(name)})
