"""Checkpoints of a training run: one safetensors file, replaced whole after each epoch.

It holds the trained numbers, the best state, the moments of the optimiser and the random state;
training that goes on from it ends equal to the last bit.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from pathlib import Path

    from polytask.learning.training import Run

FILE = "epoch.safetensors"
FORMAT = 6
EVERY = 60.0
"""Seconds of training between two checkpoints: what a kill may lose, against some 300 MB each."""


def write(run: Run) -> None:
    """Write the state of `run` into its checkpoint folder, if it has one.

    Nothing is written where the balancer remembers more than its tensors: such a run begins anew.
    """
    folder = run.context.checkpoint
    if folder is None or not run.settings.balancer.resumable:
        return
    from safetensors.torch import save

    folder.mkdir(parents=True, exist_ok=True)
    data = save(_tensors(run), metadata={"polytask": json.dumps(_facts(run))})
    partly = folder / f"{FILE}.partial"
    with partly.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partly.replace(folder / FILE)


def resume(run: Run) -> None:
    """Go on from the checkpoint of this very run, if there is one.

    A checkpoint that is damaged or of another run is left aside, with a note.
    """
    folder = run.context.checkpoint
    path = None if folder is None else folder / FILE
    if path is None or not path.is_file():
        return
    found = _read(path)
    if found is None or found[0].get("signature") != _signature(run):
        text = f"The checkpoint {path.name} is damaged or of another run; training begins anew"
        run.context.emit({"event": "note", "text": text})
        return
    _restore(run, *found)


def _tensors(run: Run) -> dict[str, torch.Tensor]:
    state = run.optimiser.state_dict()["state"]
    tensors = {f"now.{i}": tensor for i, tensor in enumerate(run.kept)}
    tensors |= {f"best.{i}": tensor for i, tensor in enumerate(run.progress.state)}
    for i, moments in state.items():
        tensors |= {f"optimiser.{i}.{key}": value for key, value in moments.items()}
    tensors["random.cpu"] = torch.get_rng_state()
    if run.part.encoder.device.type == "cuda":
        tensors["random.cuda"] = torch.cuda.get_rng_state()
    return {name: tensor.detach().contiguous() for name, tensor in tensors.items()}


def _facts(run: Run) -> dict[str, Any]:
    progress = run.progress
    return {
        "signature": _signature(run),
        "epoch": progress.epoch,
        "best": progress.best,
        "best_epoch": progress.best_epoch,
        "history": progress.history,
        "lines": progress.lines,
        "gaps": progress.gaps,
        "looks": progress.looks,
        "changes": run.adapting.plain(),
    }


def _signature(run: Run) -> str:
    """What must be the same for a checkpoint to fit: numbers, seed, format, shapes."""
    sizes = {name: len(table) for name, table in run.tables.items()}
    shapes = [list(tensor.shape) for tensor in run.kept]
    recipe = repr(run.settings)  # with every default, which may change
    facts = [FORMAT, torch.__version__, recipe, run.context.seed, run.part.dtype, sizes, shapes]
    return json.dumps(facts, sort_keys=True)


def _read(path: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]] | None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            facts = json.loads((file.metadata() or {})["polytask"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, KeyError, ValueError, OSError):
        return None
    return facts, tensors


def _restore(run: Run, facts: dict[str, Any], tensors: dict[str, torch.Tensor]) -> None:
    progress = run.progress
    progress.epoch, progress.best_epoch = int(facts["epoch"]), int(facts["best_epoch"])
    progress.best, progress.history = facts["best"], list(facts["history"])
    progress.lines = list(facts["lines"])
    progress.gaps = list(facts["gaps"])
    progress.looks = list(facts["looks"])
    run.adapting.restore(facts["changes"])
    run.recall()
    device = run.part.encoder.device
    with torch.no_grad():
        for i, tensor in enumerate(run.kept):
            tensor.copy_(tensors[f"now.{i}"])
    progress.state = [tensors[f"best.{i}"].to(device) for i in range(len(run.kept))]
    moments: dict[int, dict[str, torch.Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimiser."):
            _, number, key = name.split(".")
            moments.setdefault(int(number), {})[key] = tensor
    state = run.optimiser.state_dict()
    run.optimiser.load_state_dict({"state": moments, "param_groups": state["param_groups"]})
    torch.set_rng_state(tensors["random.cpu"])
    if "random.cuda" in tensors:
        torch.cuda.set_rng_state(tensors["random.cuda"])
