"""What a run needs of the machine is looked at before torch is loaded."""

from __future__ import annotations

import io
from importlib import metadata

import pytest
from PIL import Image

from polytask._errors import ConfigError, MissingError, ModelError
from polytask.tasks import load
from polytask.workflow import machine
from polytask.workflow.machine import check_device, check_encoders, check_machine
from polytask.workflow.settings import Settings


@pytest.fixture(autouse=True)
def _home(tmp_path, monkeypatch):
    monkeypatch.setenv("POLYTASK_HOME", str(tmp_path / "home"))


def test_the_processor_is_always_there():
    check_device("cpu")


def test_a_gpu_needs_a_build_of_torch_and_the_device_itself(monkeypatch):
    monkeypatch.setattr(metadata, "version", lambda _: "2.13.0+cpu")
    with pytest.raises(ConfigError, match=r"this one is for the CPU.*leave out --device"):
        check_device("cuda:1")
    monkeypatch.setattr(metadata, "version", lambda _: "2.13.0")
    monkeypatch.setattr(machine, "_GPUS", ("/no/such/device",))
    with pytest.raises(ConfigError, match="no device 'cuda'"):
        check_device("cuda")
    monkeypatch.setattr(machine, "_GPUS", ("/dev/null",))
    check_device("cuda")


def test_a_device_of_macs_is_refused_elsewhere(monkeypatch):
    monkeypatch.setattr(machine.sys, "platform", "linux")
    with pytest.raises(ConfigError, match=r"no device 'mps'.*leave out --device"):
        check_device("mps")
    monkeypatch.setattr(machine.sys, "platform", "darwin")
    check_device("mps")


@pytest.mark.parametrize("device", ["gpu", "cuda:x", "", "cpu0", "tpu"])
def test_an_unknown_device_is_refused(device):
    with pytest.raises(ConfigError, match="Known: cpu, cuda, mps"):
        check_device(device)


def test_encoders_are_names_whole_folders_or_ids(tiny_encoder, tmp_path):
    check_machine(Settings(encoder=str(tiny_encoder)))
    with pytest.raises(MissingError, match="polytask weights get e5"):
        check_machine(Settings(encoder="multilingual"))
    with pytest.raises(ConfigError, match="neither embedded weights, a folder nor a hub id"):
        check_machine(Settings(encoder=str(tmp_path / "gone")))
    with pytest.raises(ModelError, match=r"lacks config\.json and model\.safetensors"):
        check_machine(Settings(image_encoder=str(tmp_path)))


@pytest.fixture
def hub(monkeypatch):
    """The hub's answers by id: a cached file, or what it raises; what was asked of it."""
    found: dict = {"owner/kept": "config.json"}
    asked = []

    def info(_, name, timeout):
        asked.append((name, timeout))
        if isinstance(found.get(name), Exception):
            raise found[name]

    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda name, _: found.get(name))
    monkeypatch.setattr("huggingface_hub.HfApi.model_info", info)
    return found, asked


def test_an_encoder_of_the_hub_is_asked_for_at_once(hub):
    found, asked = hub
    check_machine(Settings(encoder="owner/kept"))
    assert asked == []
    check_machine(Settings(encoder="owner/model"))
    assert [name for name, _ in asked] == ["owner/model"]
    found["owner/model"] = ConnectionError("no route\nto host")
    with pytest.raises(ModelError, match=r"'owner/model' cannot be fetched.*\(no route\).*folder"):
        check_machine(Settings(image_encoder="owner/model"))


def test_a_damaged_configuration_is_refused(tmp_path):
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (tmp_path / name).write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match=r"config\.json is damaged"):
        check_machine(Settings(encoder=str(tmp_path)))


def test_texts_go_on_without_weights_and_images_alone_do_not():
    rows = [{"text": f"a film {i}", "mood": "ab"[i % 2]} for i in range(60)]
    check_encoders(load(rows), Settings())
    images = load([{"scan": png(i), "mood": "ab"[i % 2]} for i in range(60)])
    with pytest.raises(MissingError, match="polytask weights get image"):
        check_encoders(images, Settings())
    check_encoders(images, Settings(image_encoder="a/b"))


def png(number: int) -> bytes:
    out = io.BytesIO()
    Image.new("L", (4, 4), number).save(out, "PNG")
    return out.getvalue()
