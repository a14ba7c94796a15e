"""The server: the tools in the Model Context Protocol, over standard input and output."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

from polytask._errors import PolytaskError
from polytask._optional import require
from polytask.assistant.tools import Tools

if TYPE_CHECKING:
    from collections.abc import Callable

    from polytask.assistant.limits import Limits

_INSTRUCTIONS = (
    "polytask turns labelled data for several tasks into one measured model. check first, then "
    "run, follow until the state is finished, read the report, predict. To write a plan of your "
    "own, read operations and check it before it runs. Paths are relative to the served folder."
)


def serve(limits: Limits) -> None:
    """Answer an assistant until it hangs up.

    Args:
        limits: What it may name, spend and see; the process moves to its root.

    Raises:
        MissingError: The extra `mcp` is not installed; the message holds the pip line.
    """
    sdk = require("mcp.server.mcpserver", extra="mcp", why="polytask mcp")
    os.chdir(limits.root)
    server = sdk.MCPServer("polytask", instructions=_INSTRUCTIONS, log_level="WARNING")
    tools = Tools(limits)
    for tool in (
        *(tools.check, tools.plan, tools.run, tools.follow),
        *(tools.read, tools.predict, tools.operations),
    ):
        server.add_tool(_told(tool, limits, sdk.exceptions.ToolError), structured_output=False)
    server.run("stdio")


def _told(tool: Callable[..., str], limits: Limits, refusal: type[Exception]) -> Callable[..., str]:
    """`tool`, whose errors on purpose are answers with our message."""

    @functools.wraps(tool)  # the server reads arguments and description from it
    def answer(*args: Any, **kwargs: Any) -> str:
        try:
            return tool(*args, **kwargs)
        except PolytaskError as error:
            raise refusal(limits.told(str(error))) from error

    return answer
