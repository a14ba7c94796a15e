"""The command line: one command a file.

Commands parse options, call `workflow` or `tasks`, and print. Nothing heavy is imported before a
command runs, so that `polytask --help` answers at once and loads no torch.
"""

from __future__ import annotations

import sys

import typer

from polytask._errors import PolytaskError, UserError
from polytask.cli.add import add
from polytask.cli.check import check
from polytask.cli.compare import compare
from polytask.cli.diff import diff
from polytask.cli.doctor import doctor
from polytask.cli.evaluate import evaluate
from polytask.cli.init import init
from polytask.cli.knowledge import knowledge
from polytask.cli.mcp import mcp
from polytask.cli.operations import operations
from polytask.cli.plan import plan
from polytask.cli.predict import predict
from polytask.cli.recipes import recipes
from polytask.cli.report import report
from polytask.cli.run import run
from polytask.cli.runs import runs
from polytask.cli.script import script
from polytask.cli.stopping import can_print, say, stoppable
from polytask.cli.tree import tree
from polytask.cli.universal import universal
from polytask.cli.update import update
from polytask.cli.weights import weights

app = typer.Typer(
    name="polytask",
    help="Which of my models should be one? Labelled files in; one measured multi-task model out.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

_MAIN, _MORE = "Main", "More"
for _command, _panel in (
    (run, _MAIN),
    (check, _MAIN),
    (predict, _MAIN),
    (report, _MAIN),
    (add, _MORE),
    (update, _MORE),
    (init, _MORE),
    (plan, _MORE),
    (evaluate, _MORE),
    (compare, _MORE),
    (diff, _MORE),
    (tree, _MORE),
    (script, _MORE),
    (recipes, _MORE),
    (operations, _MORE),
    (runs, _MORE),
    (knowledge, _MORE),
    (doctor, _MORE),
    (mcp, _MORE),
    (universal, _MORE),
):
    app.command(rich_help_panel=_panel)(stoppable(_command))
app.add_typer(weights, name="weights", rich_help_panel=_MORE)


def main() -> None:
    """Run the command line; exit codes: 0, 1 (it failed), 2 (the user must change something)."""
    try:
        app()
    except UserError as error:
        say(f"error: {error}")
        sys.exit(2)
    except PolytaskError as error:
        say(f"error: {error}")
        sys.exit(1)
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        if can_print():
            raise
        say(
            f"error: standard output cannot be written ({error.strerror}): free some space, or "
            "send it elsewhere; then give the same command again"
        )
        sys.exit(2)
