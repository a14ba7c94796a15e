"""What a run leaves behind."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytask._errors import OutputError, command
from polytask.workflow.folder import RunFolder

if TYPE_CHECKING:
    from polytask.evaluation.report import Report
    from polytask.learning.model import Model


@dataclass(frozen=True)
class Result:
    """A finished run: its report, its folder, and (loaded when asked for) its model.

    Args:
        report: The report.
        path: The run folder.
    """

    report: Report
    path: Path

    @classmethod
    def load(cls, path: str | Path) -> Result:
        """The result in a run folder.

        Raises:
            OutputError: No run stands there, or it is not finished.
        """
        from polytask.evaluation.report import read

        folder = RunFolder(Path(path))
        folder.settings()
        if not folder.report.is_file():
            raise OutputError(
                f"The run in {path} is not finished: {command('run', path)} goes on with it"
            )
        return cls(read(folder.report), folder.path)

    @cached_property
    def model(self) -> Model:
        """The model delivered."""
        from polytask.workflow.predicting import load_model

        return load_model(self.path)

    @property
    def sentence(self) -> str:
        """The one sentence."""
        return self.report.timing.sentence or self.report.sentence

    def rendered(self) -> Any:
        """Rich renderables for a terminal: the sentence, the table, where things lie."""
        from polytask.evaluation.rendering import terminal

        folder = RunFolder(self.path)
        return terminal(self.report, model=str(folder.model), page=str(folder.html))

    def __str__(self) -> str:
        from io import StringIO

        from rich.console import Console

        out = StringIO()
        Console(file=out, width=100, highlight=False).print(self.rendered())
        return out.getvalue()

    def _repr_html_(self) -> str:
        from html import escape

        from polytask.evaluation.rendering import html

        # A frame of its own: the page's styles must not reach the notebook around it.
        page = escape(html(self.report), quote=True)
        return f'<iframe srcdoc="{page}" style="width:100%;height:40em;border:0"></iframe>'
