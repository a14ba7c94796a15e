"""How fast this machine trains: measured on a few real rows and turned into estimates."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from polytask._errors import UserError
from polytask.tasks.custom_loss import seconds_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from polytask.learning.encoders.encoder import Encoder
    from polytask.learning.recipes.recipe import Context
    from polytask.learning.settings import Settings
    from polytask.tasks.task import Fold, Inputs, Task

START = 4.0
"""Seconds before the first step: imports, reading the weights, preparing rows."""
STEPS = 3
"""Measured steps a kind of work, after as many that warm up."""
SAMPLE = 32
"""Rows a measured step."""
PASSES = 3
"""How often each step is timed; the shortest counts, since other work only ever lengthens one."""
ENOUGH = 2.0
"""Seconds of timed steps after which no other pass begins: long steps even other work out."""
_MEASURED: dict[str, Speed] = {}
_COST: dict[str, float] = {}
_DOUBTED: set[str] = set()


@dataclass(frozen=True)
class Speed:
    """Seconds a row on this machine.

    Args:
        train: A training step through the whole encoder.
        forward: A pass without gradient.
        depth: Layers of the encoder, 0 if it cannot be split.
        length: Mean size of the rows it was measured on (characters; 1 for an image).
    """

    train: float
    forward: float
    depth: int
    length: float


TYPICAL = {
    "text": Speed(train=1 / 150, forward=1 / 450, depth=6, length=60.0),
    "image": Speed(train=1 / 8, forward=1 / 35, depth=2, length=1.0),
}
"""Where nothing can be measured: two cores with bfloat16, MiniLM and MobileNetV2 (LOG.md)."""


def seconds(
    tasks: Sequence[Task],
    fold: Fold,
    context: Context,
    settings: Settings,
    *,
    layers: int | None = None,
) -> float:
    """Expected seconds of a fit.

    Args:
        tasks: The tasks.
        fold: Their rows.
        context: Encoder, threads, device, number format.
        settings: The numbers of the training.
        layers: How many upper layers are trained; `None` for all.
    """
    rows = sum(len(table) for table in fold.train.values())
    dev = sum(len(table) for table in fold.dev.values())
    found = speed(tasks, fold, context, settings.image_size)
    size = _size(fold) / found.length
    teachers = context.teachers  # each answers the training rows once
    part = 1.0 if layers is None or not found.depth else min(1.0, layers / found.depth)
    once = 0.0 if part == 1.0 else rows * found.forward * (1 - part)
    once += found.forward * sum(len(fold.train[t.table]) for t in tasks if t.name in teachers)
    epoch = rows * found.train * part + dev * found.forward
    own = sum(_own_loss(task, len(fold.train[task.table]), settings.batch_size) for task in tasks)
    return START + size * (once + settings.epochs * epoch) + settings.epochs * own


def _own_loss(task: Task, rows: int, batch: int) -> float:
    """Seconds of an epoch in the code that is the loss of a task."""
    if not task.loss_code:
        return 0.0
    labels = () if task.kind == "regression" else task.labels
    return math.ceil(rows / batch) * seconds_of(task.loss_code, labels)


def speed(
    tasks: Sequence[Task], fold: Fold, context: Context, image_size: int | None = None
) -> Speed:
    """The speed of the encoder that would be used, on rows of about this size.

    Measured once a process (a few seconds) and again after `doubt`; typical figures where the
    weights are missing: the fit itself will say so.
    """
    key = f"{_key(tasks, fold, context)} {image_size or ''}"
    if key not in _MEASURED or key in _DOUBTED:
        began = time.monotonic()
        _MEASURED[key] = _measured(tasks, fold, context, image_size)
        _COST[key] = time.monotonic() - began
        _DOUBTED.discard(key)
    return _MEASURED[key]


def doubt(most: float) -> None:
    """Have speeds measured again when next asked for, where that takes at most `most` seconds.

    A machine is not always as busy: what was measured beside other work says too much later.
    """
    _DOUBTED.update(key for key, cost in _COST.items() if cost <= most)


def measure(encoder: Encoder, inputs: Inputs, dtype: str, length: float = 1.0) -> Speed:
    """Time steps of `encoder` on some rows of `inputs`; leaves weights and random state alone.

    Args:
        encoder: Any encoder; it is left with nothing frozen but its embeddings.
        inputs: At least one row.
        dtype: "float32" or "bfloat16".
        length: Kept in the answer.
    """
    import torch

    prepared = encoder.prepare(inputs.take(range(min(len(inputs), SAMPLE * STEPS))))
    order = np.argsort(prepared.lengths, kind="stable").tolist()
    chunks = [order[i : i + SAMPLE] for i in range(0, len(order), SAMPLE)]
    batches = [encoder.collate(prepared, chunk) for chunk in chunks]
    before = [tensor.clone() for tensor in encoder.statistics()]
    with torch.random.fork_rng(devices=[]):
        encoder.freeze(0)
        train = _timed(encoder, batches, dtype, learn=True)
        forward = _timed(encoder, batches, dtype, learn=False)
    encoder.zero_grad(set_to_none=True)
    for tensor, old in zip(encoder.statistics(), before, strict=True):
        tensor.copy_(old)
    rows = len(order)
    return Speed(train / rows, forward / rows, encoder.depth, length)


def _timed(encoder: Encoder, batches: list[Any], dtype: str, *, learn: bool) -> float:
    """Seconds for one pass over `batches`: of each the shortest of some, after one not timed.

    The first batch of each shape makes kernels for it, which training does once in many steps.
    """
    import torch

    encoder.train(learn)
    rate = [p for p in encoder.parameters() if p.requires_grad]
    # a rate of 0: the optimiser does its work and the weights stay
    optimiser = torch.optim.AdamW(rate, lr=0.0, weight_decay=0.0, fused=True)
    spent: list[list[float]] = []
    while len(spent) <= PASSES and sum(map(sum, spent[1:])) < ENOUGH:
        spent.append([_step(encoder, batch, dtype, optimiser, learn=learn) for batch in batches])
    shortest: float = sum(min(times) for times in zip(*spent[1:], strict=True))
    return shortest


def _step(encoder: Encoder, batch: Any, dtype: str, optimiser: Any, *, learn: bool) -> float:
    """Seconds for one step, or for one pass without gradient."""
    import torch

    from polytask.learning.precision import autocast

    began = time.perf_counter()
    given = {name: value.to(encoder.device) for name, value in batch.items()}
    with torch.set_grad_enabled(learn), autocast(encoder.device.type, dtype):
        features = encoder(given)
    if learn:
        optimiser.zero_grad(set_to_none=True)
        features.vector.square().mean().backward()
        torch.nn.utils.clip_grad_norm_(optimiser.param_groups[0]["params"], 1.0)
        optimiser.step()
    return time.perf_counter() - began


def _measured(tasks: Sequence[Task], fold: Fold, context: Context, image_size: int | None) -> Speed:
    from polytask.learning.fitting import encoder_of
    from polytask.learning.precision import settle

    modality = tasks[0].inputs[0].modality
    rows = next((table for table in fold.train.values() if len(table)), None)
    if rows is None:
        return TYPICAL[modality]
    try:
        encoder = encoder_of(tasks, fold, context).to(context.device)
        if image_size is not None:
            encoder.resize(image_size)
    except UserError:
        return TYPICAL[modality]
    step = max(1, len(rows) // (SAMPLE * STEPS))
    sample = rows.inputs.take(range(0, len(rows), step))
    return measure(encoder, sample, settle(context), _size(fold))


def _key(tasks: Sequence[Task], fold: Fold, context: Context) -> str:
    """What speed depends on: encoder, threads, format, device, and the size of rows in octaves."""
    from polytask.learning.fitting import language_of
    from polytask.learning.precision import resolve

    image = tasks[0].inputs[0].modality == "image"
    named = context.image_encoder if image else context.encoder
    encoder = named or ("image" if image else f"text {language_of(fold) or 'en'}")
    octave = round(math.log2(max(1.0, _size(fold))))
    dtype = resolve(context.dtype, context.device)
    return f"{encoder} {context.threads} {dtype} {context.device} {octave}"


def _size(fold: Fold) -> float:
    """Mean characters a row over the texts of the first rows; 1 for images."""
    sizes = []
    for rows in fold.train.values():
        columns = [c for c in rows.inputs.columns if c.modality == "text"]
        for column in columns:
            sizes += [
                sum(len(word) + 1 for word in value)
                if isinstance(value, list)
                else len(value or "")
                for value in rows.inputs.values[column.name][:500]
            ]
    return max(1.0, float(np.mean(sizes))) if sizes else 1.0
