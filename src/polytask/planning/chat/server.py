"""Which language model is asked, and what it may use."""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from polytask._catalogue import nearest
from polytask._errors import ConfigError

NAMES = {
    "openai": "https://api.openai.com/v1",
    "llama-server": "http://localhost:8080/v1",
    "ollama": "http://localhost:11434/v1",
}
"""Addresses that have a name."""
_HOSTED = "api.openai.com"


@dataclass(frozen=True)
class Server:
    """A language model behind an OpenAI-compatible address, and what may be spent on it.

    Args:
        address: A URL that ends before `/chat/completions`, or a name of `NAMES`.
        model: The model to ask for, as the server names it.
        tokens: Tokens a run may use in all, sent and written.
        prices: Price of a million tokens sent and of a million written; `None` where unknown.

    Raises:
        ConfigError: An address that is none, a value out of range.

    >>> Server("ollama", "qwen3").address
    'http://localhost:11434/v1'
    """

    address: str
    model: str
    tokens: int = 200_000
    prices: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", _address(self.address))
        if not self.model:
            raise ConfigError(
                "`llm_model` names the model to ask, as its server does, e.g. "
                "--llm-model gpt-4o-mini; llama-server takes any name"
            )
        if self.tokens < 1:
            raise ConfigError(f"`llm_tokens` is 1 or more; found {self.tokens!r}")

    @property
    def hosted(self) -> bool:
        """Whether it is OpenAI's own service, which names some options otherwise."""
        return urlsplit(self.address).hostname == _HOSTED

    @property
    def key(self) -> str:
        """The key from the environment, "" for none: `POLYTASK_LLM_KEY`.

        `OPENAI_API_KEY` goes to OpenAI's own service alone: a key must not reach a server that it
        was not meant for.
        """
        own = os.environ.get("POLYTASK_LLM_KEY", "")
        return own or (os.environ.get("OPENAI_API_KEY", "") if self.hosted else "")

    def cost(self, sent: float, written: float) -> float | None:
        """What so many tokens cost; `None` where prices are unknown.

        >>> Server("ollama", "qwen3", prices=(1.0, 2.0)).cost(500_000, 250_000)
        1.0
        """
        if self.prices is None:
            return None
        return (sent * self.prices[0] + written * self.prices[1]) / 1e6


def prices(text: str) -> tuple[float, float] | None:
    """Read "IN,OUT", prices of a million tokens; "" is `None`.

    >>> prices("0.15,0.6")
    (0.15, 0.6)
    """
    if not text:
        return None
    try:
        sent, written = (float(part) for part in text.split(","))
    except ValueError:
        sent = written = -1.0
    if not (0 <= sent < float("inf") and 0 <= written < float("inf")):
        raise ConfigError(
            "`llm_prices` is written IN,OUT, the prices of a million tokens sent and written, "
            f"e.g. 0.15,0.6; found {text!r}"
        )
    return sent, written


def _address(text: str) -> str:
    if text in NAMES:
        return NAMES[text]
    if text.lower().endswith(".gguf"):
        raise ConfigError(
            f"`llm` is an address, {text!r} is a file of weights: serve it with "
            f"`llama-server -m {text} --port 8080`, then give --llm {NAMES['llama-server']}"
        )
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise ConfigError(
            f"`llm` is an address such as http://localhost:8080/v1, or one of its names; found "
            f"{text!r}: {nearest(text, NAMES)}"
        )
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ConfigError(
            "`llm` is an address without user, password, `?` or `#`, since it stands in reports: "
            "the key is taken from the variable POLYTASK_LLM_KEY"
        )
    return text.rstrip("/")
