from __future__ import annotations

import pytest

from polytask._errors import ConfigError
from polytask.planning.chat import Server
from polytask.planning.chat.server import prices


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("absent.gguf", r"there is none at '/.*/absent\.gguf'"),
        ("smolm2", "smollm2"),
        ("localhost:8080", "`llm` is an address such as"),
        ("olama", "ollama"),
        ("ftp://host/v1", "`llm` is an address such as"),
        ("http://", "`llm` is an address such as"),
        ("http://[::1", "`llm` is an address such as"),
        ("http://me:secret@host/v1", "without user, password"),
        ("http://host/v1?key=secret", "without user, password"),
    ],
)
def test_what_is_no_address_is_refused_with_the_way_out(address, message):
    with pytest.raises(ConfigError, match=message) as caught:
        Server(address, "m")
    assert "secret" not in str(caught.value)


def test_a_model_must_be_named_and_tokens_be_some():
    with pytest.raises(ConfigError, match="`llm_model` names the model"):
        Server("ollama", "")
    with pytest.raises(ConfigError, match="`llm_tokens` is 1 or more; found 0"):
        Server("ollama", "m", tokens=0)


def test_the_key_of_openai_goes_to_no_other_server(monkeypatch):
    monkeypatch.delenv("POLYTASK_LLM_KEY", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "theirs")
    assert Server("openai", "m").key == "theirs"
    assert Server("http://other.example/v1", "m").key == ""
    monkeypatch.setenv("POLYTASK_LLM_KEY", "ours")
    assert Server("openai", "m").key == "ours"
    assert Server("http://other.example/v1", "m").key == "ours"


def test_costs_come_from_the_prices_of_a_million_tokens():
    assert Server("ollama", "m", prices=(0.5, 2.0)).cost(1000, 1000) == pytest.approx(0.0025)
    assert Server("ollama", "m").cost(1000, 1000) is None


@pytest.mark.parametrize("text", ["1", "1,2,3", "a,b", "-1,2", "nan,1", "inf,1"])
def test_prices_that_are_none_are_refused(text):
    with pytest.raises(ConfigError, match="written IN,OUT"):
        prices(text)


def test_a_file_answers_on_this_machine_under_its_own_name_for_nothing(tmp_path, monkeypatch):
    (tmp_path / "small.gguf").write_bytes(b"GGUF")
    monkeypatch.chdir(tmp_path)
    server = Server("small.gguf", "")
    assert server.file == server.address == str(tmp_path / "small.gguf")
    assert (server.model, server.hosted, server.cost(1000, 1000)) == ("small", False, 0.0)
    assert server.place == "this machine (small.gguf)"
    assert Server("smollm2", "", file=server.file).place == "this machine (smollm2)"
    assert Server("small.gguf", "mine", prices=(1.0, 1.0)).cost(500_000, 0) == 0.5
