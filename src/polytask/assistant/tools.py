"""The tools: what an assistant can do with polytask, under limits."""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from polytask._errors import ConfigError
from polytask.assistant.background import Background, events
from polytask.assistant.limits import Limits, page
from polytask.workflow.folder import RunFolder, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_ROWS = 200
"""Rows that are answered in one call; more go through files."""

What = Literal["report", "plan", "tree", "events"]
Prefer = Literal["accurate", "small", "fast"]


@dataclass(frozen=True)
class Tools:
    """The tools, each a method; its docstring is what an assistant reads.

    Paths are relative to the root. Every method raises `UserError` where the user, or the
    assistant, must change something.

    Args:
        limits: What may be named, spent and seen.
        background: Where runs go on.
    """

    limits: Limits
    background: Background = field(default_factory=Background)

    def check(self, tasks: str | list[dict[str, Any]], plan: str = "") -> str:
        """Recognise tasks and report on their data, as JSON; or check the text of a plan.

        Args:
            tasks: A task file (tasks.yaml), a file or folder of data, or rows as objects.
            plan: The text of a plan program over `tasks`, then a task file; it is not run.
        """
        from polytask.tasks import load, profile

        if plan:
            self._check_plan(plan, self._task_file(tasks))
            return "the plan parses, its types check and it calls finish; it was not run"
        source = self.limits.source(tasks) if isinstance(tasks, str) else tasks
        found = json.loads(_json(profile(load(source)).to_json()))  # tuples become lists
        return page(_json(self.limits.told_all(found)), 0)

    def plan(self, tasks: str, budget: str = "5m") -> str:
        """Write the text of a plan program for the tasks; nothing is run and no file made.

        Args:
            tasks: A task file, or a file or folder of data.
            budget: The budget to plan for: 90s, 5m, 1h30m.
        """
        from polytask.planning.budget import parse
        from polytask.tasks import load
        from polytask.workflow.planning import plan_text
        from polytask.workflow.remembering import earlier
        from polytask.workflow.settings import Settings

        source = self.limits.source(tasks)
        parsed = parse(self.limits.budget(budget))
        name = source.name if source.suffix in (".yaml", ".yml") else "tasks.yaml"
        taskset, settings = load(source), Settings()
        said = earlier(taskset, settings)
        return page(plan_text(taskset, parsed, settings, source=name, earlier=said), 0)

    def run(
        self,
        tasks: str,
        budget: str = "5m",
        plan: str = "",
        prefer: Prefer = "accurate",
        max_latency: str = "",
    ) -> str:
        """Start a run in the background and give its folder at once; follow it with `follow`.

        Args:
            tasks: A task file, a file or folder of data, or a run folder, which goes on.
            budget: From start to written report: 90s, 5m, 1h30m.
            plan: The text of a plan program to run instead of the built-in planner's; `tasks` is
                then the task file that it names. It is kept in a file beside that.
            prefer: What is delivered of all that loses less than the margin of the certificate:
                the most accurate, the smallest on disk, or the fastest for one row.
            max_latency: How long one row may take at most, such as 20ms; empty: any time.
        """
        from polytask.workflow.creating import free
        from polytask.workflow.settings import Settings

        budget = self.limits.budget(budget)
        wishes = Settings(prefer=prefer, max_latency=max_latency)  # refuses what makes no sense
        source = self.limits.source(tasks)
        self.background.check_free()
        if plan:
            source = self._keep(plan, self._task_file(tasks))
        if RunFolder(source).exists:
            folder, out = source, []
        else:
            folder = self.limits.path(free(source))
            out = ["--out", str(folder)]
        words = ["run", str(source), *out, "--budget", budget, "--quiet"]
        words += ["--prefer", prefer] if prefer != "accurate" else []
        words += ["--max-latency", max_latency] if wishes.bound else []
        self.background.start(folder, words, self.limits.root)
        return _json({"run": self._shown(folder), "state": "starting"})

    def follow(self, run: str) -> str:
        """Tell how a run stands, as JSON: state, seconds left, last events, an error.

        Args:
            run: Its folder, as `run` gave it.
        """
        return _json(self.limits.told_all(self.background.standing(self.limits.path(run))))

    def read(self, run: str, what: What = "report", start: int = 0) -> str:
        """Read something of a run.

        Args:
            run: Its folder.
            what: "report" (of a finished run), "plan", "tree" (what was tried, with scores, costs
                and reasons) or "events".
            start: The character to start from, where an answer was cut.
        """
        folder = RunFolder(self.limits.path(run))
        folder.settings()  # refuses what is no run
        return page(_READERS[what](folder, self.limits), start)

    def predict(
        self, run: str, rows: list[dict[str, Any]] | str, task: str = "", out: str = ""
    ) -> str:
        """Answer new rows with the model of a finished run, as JSON.

        Args:
            run: Its folder.
            rows: Up to 200 rows as objects; or a file of rows, whose answers go to the file `out`.
            task: The task to answer; absent, every task that the rows fit.
            out: A csv, tsv, jsonl or parquet file to make, for rows from a file.
        """
        from polytask.workflow.predicting import predict_file

        folder, tasks = self.limits.path(run), [task] if task else []
        if isinstance(rows, list):
            return self._answers(folder, rows, tasks)
        if not out:
            raise ConfigError(
                "Rows from a file are answered into a file; found no `out`: name one, such as "
                f"answers.csv, or give up to {MOST_ROWS} rows as objects"
            )
        target = self.limits.path(out)
        found = predict_file(folder, self.limits.path(rows), target, tasks=tasks)
        notes = [self.limits.told(note) for note in found.notes]
        return page(_json({"rows": found.rows, "out": self._shown(target), "notes": notes}), 0)

    def operations(self, start: int = 0) -> str:
        """All that is needed to write a plan: operations, recipes, their parts, an example.

        Args:
            start: The character to start from, where an answer was cut.
        """
        from polytask.planning.stubs import reference
        from polytask.workflow.checking import VOCABULARY

        return page(reference(VOCABULARY), start)

    def _answers(self, run: Path, rows: list[dict[str, Any]], tasks: list[str]) -> str:
        from polytask.workflow.predicting import predict_file

        if not 0 < len(rows) <= MOST_ROWS:
            raise ConfigError(
                f"`rows` takes 1 to {MOST_ROWS} rows; found {len(rows)}: call again for more, or "
                "name a file of rows and an `out`"
            )
        # Image paths in rows start from the folder of their file, and may not leave it.
        with tempfile.TemporaryDirectory() as made, _beside(self.limits.root, rows) as given:
            out = Path(made, "answers.jsonl")
            found = predict_file(run, given, out, tasks=tasks)
            answered = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
        if not self.limits.share_rows:
            answered = [{key: row[key] for key in found.columns} for row in answered]
        notes = [self.limits.told(note) for note in found.notes]
        return page(_json({"answers": answered, "notes": notes}), 0)

    def _task_file(self, tasks: str | list[dict[str, Any]]) -> Path:
        if not isinstance(tasks, str) or Path(tasks).suffix not in (".yaml", ".yml"):
            raise ConfigError(
                "A plan goes with the task file that it names; `tasks` is none: write a tasks.yaml "
                "first (`polytask init` does)"
            )
        return self.limits.source(tasks)

    def _check_plan(self, text: str, tasks: Path) -> None:
        """Check a plan as `polytask check plan.py` does, as if it lay beside its task file."""
        from polytask.planning.checks import check_text
        from polytask.tasks.task_file import read_task_file
        from polytask.workflow.checking import VOCABULARY, check_names, task_source

        check_text(text, VOCABULARY, name="plan")
        named = task_source(text, Path("plan"))
        if (tasks.parent / named).resolve() != tasks:
            raise ConfigError(
                f'A plan names the task file that it goes with, tasks("{tasks.name}"); found '
                f"tasks({json.dumps(named)})"
            )
        check_names(text, [entry.name for entry in read_task_file(tasks)], name="plan")

    def _keep(self, text: str, tasks: Path) -> Path:
        """Write a plan that passes the check beside its task file, under a free name."""
        self._check_plan(text, tasks)
        number = 1
        while (path := tasks.with_name(f"plan-{number}.py")).exists():
            number += 1
        write_text(path, text)
        return path

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self.limits.root))


@contextmanager
def _beside(root: Path, rows: list[dict[str, Any]]) -> Iterator[Path]:
    """A file of the rows in `root` while it is needed."""
    with tempfile.NamedTemporaryFile(
        "w", dir=root, prefix=".rows-", suffix=".jsonl", encoding="utf-8"
    ) as file:
        file.writelines(_json(row) + "\n" for row in rows)
        file.flush()
        yield Path(file.name)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _report(folder: RunFolder, limits: Limits) -> str:
    from polytask.workflow.result import Result

    return limits.told(str(Result.load(folder.path)))


def _plan(folder: RunFolder, limits: Limits) -> str:  # noqa: ARG001  # a plan holds no rows
    from polytask.planning.checks import read

    return read(folder.plan)


def _tree(folder: RunFolder, limits: Limits) -> str:
    from rich.console import Console

    from polytask.evaluation.rendering.tree import terminal
    from polytask.workflow.tree import tree

    out = StringIO()
    Console(file=out, width=160, highlight=False).print(terminal(tree(folder.path)))
    return limits.told(out.getvalue())


def _events(folder: RunFolder, limits: Limits) -> str:
    return "".join(_json(limits.told_all(event)) + "\n" for event in events(folder))


_READERS = {"report": _report, "plan": _plan, "tree": _tree, "events": _events}
