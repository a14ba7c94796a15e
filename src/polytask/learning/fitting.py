"""From a neural recipe's arguments to a trained part: encoder, fresh heads, training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from polytask._errors import ConfigError
from polytask.learning.samples import evenly

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from polytask.learning.encoders.encoder import Encoder
    from polytask.learning.losses.loss import Loss
    from polytask.learning.neural_part import NeuralPart
    from polytask.learning.recipes.recipe import Context
    from polytask.learning.settings import Settings
    from polytask.learning.transfer.transfer import Transfer
    from polytask.tasks.task import Fold, Task

LOOK = 500
"""Rows a table looked at to tell its language."""


def fit(tasks: Sequence[Task], fold: Fold, context: Context, settings: Settings) -> NeuralPart:
    """Train an encoder with a head a task.

    Args:
        tasks: Tasks on one or several tables, all of text or all of images.
        fold: Their rows.
        context: Seed, encoder, device, …
        settings: The recipe. The embeddings stay fixed unless all layers are trained and it says
            otherwise.

    Raises:
        ConfigError: Its loss is for none of the tasks, or its balancer, sampling or
            regulariser for others; or a regulariser that cannot be taught.
    """
    from polytask.learning.neural_part import NeuralPart, head_for
    from polytask.learning.precision import settle
    from polytask.learning.training import train

    _check_loss(tasks, settings)
    refuse_apart(tasks, settings.transfer, settings.loss)
    settings.balancer.suits(tasks)
    settings.drawing.suits(tasks)
    if settings.regulariser is not None:
        settings.regulariser.suits(tasks)
        _check_teachers(context, settings)
    if settings.balancer.compares and len(tasks) == 1:
        name = type(settings.balancer).__name__
        text = f"`balancer` {name} compares tasks: with one it is the plain sum"
        context.emit({"event": "note", "text": text, "tasks": [tasks[0].name]})
    dtype = settle(context)
    encoder = trainable_encoder(tasks, fold, context, settings)
    heads = {task.name: head_for(task, encoder.dim, settings.loss) for task in tasks}
    for task in tasks:
        heads[task.name].fit(fold.train[task.table].targets[task.name])
        heads[task.name].dropout.p = settings.dropout
        heads[task.name].to(context.device)
    part = NeuralPart(encoder, heads, recipe=str(settings), dtype=dtype)
    train(part, fold, context, settings)
    return part


def _check_loss(tasks: Sequence[Task], settings: Settings) -> None:
    """Refuse a loss that none of `tasks` could have."""
    loss = settings.loss
    if loss is not None and not any(task.kind in loss.kinds for task in tasks):
        found = ", ".join(f"{task.name} ({task.kind})" for task in tasks)
        raise ConfigError(
            f"The loss {loss} is for {', '.join(sorted(loss.kinds))} tasks; found {found}"
        )


def refuse_apart(tasks: Sequence[Task], transfer: Transfer, loss: Loss | None) -> None:
    """Refuse joint losses of several tasks where each task has a pass of its own.

    Args:
        tasks: The tasks; a loss they name themselves counts, too.
        transfer: That of the recipe.
        loss: That of the recipe, if any.

    Raises:
        ConfigError: They do not go together.
    """
    from polytask.learning.heads.choosing import chosen

    if not transfer.apart:
        return
    found = [(task.name, chosen(task, loss)) for task in tasks]
    joint = [f"{name} ({own})" for name, own in found if own is not None and own.joint]
    if len(joint) > 1:
        raise ConfigError(
            f"`transfer` {type(transfer).__name__} reads the rows anew for each task, and the "
            f"`loss` of {' and '.join(joint)} wants the answers of all to one reading; leave one "
            "of the two out"
        )


def trainable_encoder(
    tasks: Sequence[Task], fold: Fold, context: Context, settings: Settings
) -> Encoder:
    """The encoder of `encoder_of` on its device, with as much of it free as `settings` say."""
    over = settings.transfer.over
    _check_start(context, settings)
    encoder = encoder_of(tasks, fold, context, over).to(context.device)
    if settings.cut and encoder.depth > 1 and context.start is None:
        encoder.shorten(min(settings.cut, encoder.depth - 1))
    if settings.image_size is not None:
        encoder.resize(settings.image_size)
    encoder.remember()
    frozen = 0 if settings.layers is None else max(0, encoder.depth - settings.layers)
    if settings.layers is not None and encoder.depth < settings.layers:
        text = _clamped(encoder, settings.layers)
        context.emit({"event": "note", "text": text, "tasks": [task.name for task in tasks]})
    encoder.freeze(frozen, embeddings=frozen > 0 or not settings.embeddings)
    encoder.set_dropout(settings.dropout)
    settings.transfer.put(encoder, [task.name for task in tasks])
    return encoder


def _clamped(encoder: Encoder, layers: int) -> str:
    """What is trained where a recipe names more layers than there are."""
    if not encoder.depth:
        return f"`layers` {layers}: the encoder cannot be split, so the whole of it is trained"
    return f"`layers` {layers}: the encoder has {encoder.depth}, so all of them are trained"


def _check_start(context: Context, settings: Settings) -> None:
    """Refuse a transfer that builds on another where there is no part to start from."""
    over = settings.transfer.over
    if over and context.start is None:
        raise ConfigError(
            f"`transfer` {type(settings.transfer).__name__} builds on a part: give train() as "
            f"`start` one of a recipe with `transfer={over}()`"
        )


def _check_teachers(context: Context, settings: Settings) -> None:
    """Refuse a regulariser that asks of what teachers have not seen."""
    if context.teachers and settings.regulariser is not None and settings.regulariser.mixes:
        raise ConfigError(
            f"`teachers` answer rows as they are, and {settings.regulariser} mixes them: leave out "
            f"the teachers of {', '.join(context.teachers)} or the regulariser"
        )


def encoder_of(tasks: Sequence[Task], fold: Fold, context: Context, over: str = "") -> Encoder:
    """The encoder that suits the inputs of `tasks`: pretrained, or that of the part to start from.

    Args:
        tasks: The tasks.
        fold: Their rows.
        context: Names the encoder, or the part to start from.
        over: Name of the transfer that the part to start from must have; "" for none.

    Raises:
        ConfigError: Text and images together, or a part that cannot be started from.
        MissingError: No weights; the message holds the command that gets them.
    """
    from polytask.learning.encoders import encoder_for

    modalities = {column.modality for task in tasks for column in task.inputs}
    if len(modalities) > 1:
        raise ConfigError(
            "Tasks trained together share one encoder: all on text or all on images; found "
            + ", ".join(f"{task.name} on {task.inputs[0].modality}" for task in tasks)
        )
    if context.start is not None:
        return _trained_before(context.start, tasks[0], over)
    encoder: Encoder = encoder_for(tasks[0].inputs, language_of(fold), context)
    return encoder


def _trained_before(folder: Path, task: Task, over: str) -> Encoder:
    """The encoder of the part saved in `folder`, as one whose weights are nowhere else."""
    from polytask.learning.encoders import kind_for
    from polytask.learning.part_files import load_part

    part = load_part(folder)
    encoder: Encoder | None = getattr(part, "encoder", None)
    if (
        encoder is None
        or not isinstance(encoder, kind_for(task.inputs))
        or encoder.transfer.partition("(")[0] != over
    ):
        added = f"{over} has" if over else "no transfer has"
        way = f"FineTune(transfer={over}())" if over else "FineTune or TopLayers"
        raise ConfigError(
            f"`start` is a part with an encoder of {task.inputs[0].modality}, as {task.name} needs "
            f"it, to which {added} added numbers; found {part.recipe} of "
            f"{', '.join(part.tasks)}. Start from a part of {way}"
        )
    encoder.source = ""  # so that what stands on it is saved whole
    return encoder


def language_of(fold: Fold) -> str:
    """The language of the training texts: that of the tables, "" for images or where unsure.

    Of tables in several languages the first that is not English is given: it decides which
    encoder can read them all.
    """
    from polytask.tasks.language import language

    found = []
    for rows in fold.train.values():
        sample = rows.inputs.take(evenly(len(rows), LOOK))
        texts = [
            " ".join(value) if isinstance(value, list) else str(value or "")
            for column in sample.columns
            if column.modality == "text"
            for value in sample.values[column.name]
        ]
        found.append(language(texts) if texts else "")
    foreign = [name for name in found if name not in ("", "en")]
    return foreign[0] if foreign else max(found, default="")
