"""What a program says of an encoder: its parts that stay fixed, how it is read, its width."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import polars as pl

from polytask._errors import ConfigError
from polytask.deployment.script import wording
from polytask.deployment.script.subject import TUNED
from polytask.learning.sampling.temperature import Temperature

if TYPE_CHECKING:
    from polytask.deployment.script.reading import Reading
    from polytask.deployment.script.subject import Subject


def network_facts(subject: Subject) -> dict[str, Any]:
    """What templates of neural families ask beside what all ask."""
    encoder: Any = subject.encoder
    recipe: Any = subject.recipe
    layers = getattr(recipe, "layers", None)
    frozen = 0 if layers is None else max(0, encoder.depth - layers)
    several = len(subject.readings) > 1
    image = subject.tasks[0].inputs[0].modality == "image"
    facts = {
        "frozen": frozen,
        "factors_code": _factors(subject),
        "batches_given": "len(train)" if image else "train.lengths",
    }
    if several:
        facts["batches_given"] = "train.tables"
    return facts | (_image(subject, frozen) if image else _text(subject, frozen))


def _text(subject: Subject, frozen: int) -> dict[str, Any]:
    encoder: Any = getattr(subject.encoder, "inner", subject.encoder)
    kind = wording.mode(subject.tasks[0])
    if kind == "words" and encoder.prefix:
        raise ConfigError(
            f"No program is written yet for token lists read with the prefix {encoder.prefix!r} of "
            "this encoder; `polytask predict` answers new rows"
        )
    typed = kind == "pair" and "token_type_ids" in encoder.tokenizer.model_input_names
    fixed = _fixed_layers(subject, encoder, frozen)
    tagged = any(task.kind == "tagging" for task in subject.tasks)
    dataset, story = {
        "text": ("TextDataset", "Texts as sub-words, with their labels."),
        "pair": ("PairDataset", "Pairs of texts as sub-words, with their labels."),
        "words": ("TokenDataset", "Token lists as sub-words, with their labels."),
    }[kind]
    return {
        "dataset": dataset,
        "dataset_story": story,
        "max_length": encoder.max_length,
        "prefix": encoder.prefix,
        "padding": int(encoder.tokenizer.pad_token_id or 0),
        "keys": ["input_ids", "attention_mask", *(["token_type_ids"] if typed else [])],
        "fixed": fixed,
        "width": "encoder.config.hidden_size",
        "texts": "texts" if tagged else "inputs",
        "network_story": "A pretrained encoder, and a linear layer "
        + ("a task." if len(subject.tasks) > 1 else "over its features."),
        "features_story": _features_story(subject),
    }


def _features_story(subject: Subject) -> str:
    kinds = {task.kind == "tagging" for task in subject.tasks}
    if kinds == {True, False}:
        return "The mean over all sub-words (n, width); the first of each token (n, tokens, width)."
    if True in kinds:
        return "The first sub-word of each token, (n, tokens, width)."
    return "The mean over the sub-words of each row, (n, width)."


def _fixed_layers(subject: Subject, encoder: Any, frozen: int) -> str:
    """The modules that are not trained, as the items of a list; "" where all are."""
    from polytask.learning.encoders.transformer import stack_of

    stack = stack_of(encoder.model)
    if stack is None or getattr(subject.recipe, "embeddings", False):
        return ""
    owner = encoder.model.get_submodule(stack.owner)
    names = {id(child): name for name, child in owner.named_children()}
    layers = f"{stack.owner}.{names[id(stack.layers)]}"
    above = f", *self.encoder.{layers}[:FROZEN]" if frozen else ""
    return f"self.encoder.embeddings{above}"


def _image(subject: Subject, frozen: int) -> dict[str, Any]:
    encoder: Any = getattr(subject.encoder, "inner", subject.encoder)
    if frozen:
        raise ConfigError(
            "No program is written yet for images over frozen layers (TopLayers); "
            "`polytask predict` answers new rows"
        )
    pixels = encoder.pixels
    kind = encoder.model.config.model_type
    if type(subject.recipe).__name__ == "Probe" and kind != "mobilenet_v2":
        raise ConfigError(
            f"No program is written yet for a probe of the image encoder {kind}, only of "
            "mobilenet_v2; `polytask predict` answers new rows"
        )
    grey, turned = _looked_at(subject)
    fixed = {"mobilenet_v2": "self.encoder.conv_stem", "vit": "self.encoder.embeddings"}
    places = kind != "vit"
    return {
        "keys": [],
        "texts": "",
        "first": "conv_stem",
        "middle": getattr(subject.encoder, "middle", 0),
        "features_story": "The last layer as a whole, and a middle one at 4 x 4 places.",
        "dataset": "ImageDataset",
        "dataset_story": "Images of one size, with their labels.",
        "size": pixels.size,
        "short": pixels.short,
        "mean": pixels.mean,
        "spread": pixels.spread,
        "grey": grey,
        "turned": turned,
        "fixed": fixed.get(kind, "") if encoder.depth else "",
        "width": encoder.dim,
        "pooled": "hidden.mean((2, 3))" if places else "hidden[:, 0]",
        "pooled_story": "the mean over places" if places else "that of the first token",
        "network_story": "A pretrained encoder of images, and a linear layer "
        + ("a task." if len(subject.tasks) > 1 else "over its features."),
    }


def _looked_at(subject: Subject) -> tuple[bool, bool]:
    """Whether all images are grey, and whether any says that it lies on its side.

    Raises:
        ConfigError: Images that need more than a line to become 8-bit colours.
    """
    from PIL import Image

    modes, turned = set(), False
    for table, reading in subject.readings.items():
        column = next(task.inputs[0].name for task in subject.tasks if task.table == table)
        for data in _cells(reading, column):
            with Image.open(io.BytesIO(data)) as image:
                modes.add(image.mode)
                turned |= image.getexif().get(274, 1) != 1
    if modes - {"L", "1", "RGB"}:
        raise ConfigError(
            f"No program is written yet for images of the modes {', '.join(sorted(modes))} (with "
            "more than 8 bits, transparent parts or palettes); save them as grey or RGB images"
        )
    return modes <= {"L", "1"}, turned


def _cells(reading: Reading, column: str) -> list[bytes]:
    from polytask.deployment.script.reading import read

    found: list[bytes] = (
        pl.concat([read(reading.folder / n) for n in reading.files]).get_column(column).to_list()
    )
    return found


def _factors(subject: Subject) -> str:
    """The constants that say how much tables and tasks count, where there are several."""
    if len(subject.tasks) < 2 or type(subject.recipe).__name__ not in TUNED:
        return ""
    drawing: Any = subject.recipe.drawing  # type: ignore[attr-defined]
    factors = {task: drawing.factor(*counts) for task, counts in subject.counts.items()}
    lines = [f"{wording.assign('FACTORS', factors)}  # of the losses, fewer labels count more"]
    sizes = {task.table: subject.counts[task.name][1] for task in subject.tasks}
    if len(sizes) > 1:
        quotas = drawing.quotas(list(sizes.values()))
        steps = -(-sum(quotas) // subject.recipe.batch_size)  # type: ignore[attr-defined]
        if min(quotas) < steps:
            raise ConfigError(
                f"No program is written yet for tables of so different size ({json.dumps(sizes)}): "
                "a batch would lack rows of the small one"
            )
        how = "root of its size" if drawing == Temperature(2.0) else "sampling"
        lines.append(f"QUOTAS = {quotas}  # rows an epoch takes of each table, by the {how}")
    return "\n".join(lines)
