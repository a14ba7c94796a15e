"""`polytask add`: a task more for a finished model."""

from __future__ import annotations

from polytask.cli import options


def add(
    run: options.RunFolderPath,
    source: options.Sources,
    budget: options.RefitBudget = None,
    out: options.NewRun = None,
    inputs: options.Inputs = [],  # noqa: B006  # typer reads the default, nothing changes it
    targets: options.Targets = [],  # noqa: B006
    kinds: options.Kinds = [],  # noqa: B006
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Add a task to a finished model, as a new run folder; no old answer gets worse."""
    from polytask.cli.progress import listen, print_result
    from polytask.workflow.adding import add as grow

    with listen(quiet=quiet or as_json, verbose=verbose) as listener:
        result = grow(
            run,
            options.source(source),
            budget=budget,
            out=out,
            inputs=inputs,
            targets=targets,
            kinds=options.kinds(kinds),
            listener=listener,
        )
    print_result(result, as_json=as_json)
