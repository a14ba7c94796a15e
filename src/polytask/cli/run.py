"""`polytask run`: from labelled files to one measured model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from polytask.cli import options

if TYPE_CHECKING:
    from polytask.workflow.settings import Options


def run(
    context: typer.Context,
    source: options.Sources,
    out: options.NewRun = None,
    budget: Annotated[
        str | None,
        typer.Option(help="From command to written report: 90s, 5m, 1h30m.", show_default="5m"),
    ] = None,
    seed: options.Seed = 0,
    inputs: options.Inputs = [],  # noqa: B006  # typer reads the default, nothing changes it
    targets: options.Targets = [],  # noqa: B006
    kinds: options.Kinds = [],  # noqa: B006
    helpers: options.Helpers = [],  # noqa: B006
    encoder: Annotated[
        str,
        typer.Option(
            help="Text encoder: minilm, e5, smollm2, a folder or a hub id (default: by language)."
        ),
    ] = "",
    image_encoder: Annotated[
        str, typer.Option(help="Image encoder: mobilenet, a folder or a hub id.")
    ] = "",
    device: Annotated[str, typer.Option(help="torch device.")] = "cpu",
    threads: Annotated[int, typer.Option(help="torch threads; 0: all this process may use.")] = 0,
    workers: options.Workers = 1,
    dtype: Annotated[str, typer.Option(help="auto, bfloat16 or float32.")] = "auto",
    margin: Annotated[float, typer.Option(help="Margin of 'no worse', as a fraction.")] = 0.01,
    prefer: options.Prefer = "accurate",
    max_latency: options.MaxLatency = "",
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="Train anew what earlier runs trained; ask none of them."),
    ] = False,
    llm: options.Llm = "",
    llm_model: options.LlmModel = "",
    llm_tokens: options.LlmTokens = 200_000,
    llm_prices: options.LlmPrices = "",
    goal: options.Goal = "",
    share_rows: options.ShareRows = False,
    prompt_rows: options.PromptRows = 100,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Plan, train, compare and report; a run folder as SOURCE resumes it (--budget may grow)."""
    from polytask.cli.progress import listen, print_result
    from polytask.workflow.running import run as start

    chosen: Options = {
        "seed": seed,
        "inputs": inputs,
        "targets": targets,
        "kinds": options.kinds(kinds),
        "helpers": helpers,
        "encoder": encoder,
        "image_encoder": image_encoder,
        "device": device,
        "threads": threads,
        "workers": workers,
        "dtype": dtype,
        "margin": margin,
        "prefer": prefer,
        "max_latency": max_latency,
        "fresh": fresh,
        "llm": llm,
        "llm_model": llm_model,
        "llm_tokens": llm_tokens,
        "llm_prices": llm_prices,
        "goal": goal,
        "share_rows": share_rows,
        "prompt_rows": prompt_rows,
    }
    with listen(quiet=quiet or as_json, verbose=verbose) as listener:
        result = start(
            options.source(source),
            out=out,
            budget=budget,
            listener=listener,
            **options.given(context, chosen),
        )
    print_result(result, as_json=as_json)
