"""Fine-tune a pretrained encoder for chest_ct and heart_mri, on images.

One model answers all tasks. The epoch that is best on the dev rows is measured on the test rows.

    python ct_and_mri.py [--data FOLDER] [--weights FOLDER]

Measured when this program was written, on test rows:

    chest_ct: accuracy 0.8798 (95 % interval 0.8286 to 0.9172, 208 rows)
    heart_mri: accuracy 0.5975 (95 % interval 0.3293 to 0.8758, 159 rows)

The last line it prints holds its own figures as JSON. Versions it was written for
(Python 3.11):

    numpy==2.4.6
    pillow==13.0.0
    polars==2.1.0
    scikit-learn==1.9.1
    torch==2.13.0
    tqdm==4.70.1
    transformers==5.23.0
"""

import argparse
import copy
import io
import json
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from PIL import Image
from sklearn.metrics import accuracy_score, classification_report
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm
from transformers import AutoModel

DATA = Path("data")
IQ_OTHNCCD_FILES = {
    "train": "iq_othnccd/train.parquet",
    "dev": "iq_othnccd/dev.parquet",
    "test": "iq_othnccd/test.parquet",
}
CARDIAC_MRI_SCD_FILES = {
    "train": "cardiac_mri_scd/train.parquet",
    "dev": "cardiac_mri_scd/dev.parquet",
    "test": "cardiac_mri_scd/test.parquet",
}
WEIGHTS = str(Path.home() / ".cache/polytask/weights/mobilenet")
LABELS = {"chest_ct": ["abnormal", "normal"], "heart_mri": ["abnormal", "normal"]}

SEED = 0
THREADS = 1  # the last digits of sums depend on it
EPOCHS = 6
BATCH_SIZE = 32
EVAL_BATCH = 64
LEARNING_RATE = 0.0002  # of the encoder
HEAD_LEARNING_RATE = 0.001
WEIGHT_DECAY = 0.01
WARMUP = 0.06  # share of the steps in which the rates rise
DROPOUT = 0.1
CLIP = 1.0  # longest gradient
PATIENCE = 2  # epochs without a better one on dev
SIZE = 128
SHORTER_SIDE = 146  # of a whole image, at the scale of its middle square
MEAN = np.array([0.485, 0.456, 0.406], dtype=np.float32)
SPREAD = np.array([0.229, 0.224, 0.225], dtype=np.float32)
MISSING = -100
METRICS = {"chest_ct": accuracy_score, "heart_mri": accuracy_score}
FACTORS = {"chest_ct": 1.0, "heart_mri": 1.0}  # of the losses, fewer labels count more
QUOTAS = [641, 444]  # rows an epoch takes of each table, by the root of its size

Row = tuple[int, np.ndarray, dict]
Inputs = Tensor


def load(folder: Path, split: str) -> pl.DataFrame:
    """The rows of a split; a row lacks the labels of tasks on other tables."""
    frames = []
    frame = pl.read_parquet(folder / IQ_OTHNCCD_FILES[split])
    frames.append(frame.select("image", chest_ct=pl.col("abnormal"), table=pl.lit(0)))
    frame = pl.read_parquet(folder / CARDIAC_MRI_SCD_FILES[split])
    frames.append(frame.select("image", heart_mri=pl.col("abnormal"), table=pl.lit(1)))
    return pl.concat(frames, how="diagonal")


class ImageDataset(Dataset):
    """Images of one size, with their labels."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.images = [square(data) for data in frame["image"]]
        self.labels = frame.select(list(LABELS)).to_dicts()
        self.tables = frame["table"].to_numpy()

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> Row:
        return row, self.images[row], self.labels[row]


def square(data: bytes) -> np.ndarray:
    """The middle of an image as 8-bit grey values, SIZE pixels a side."""
    image = Image.open(io.BytesIO(data)).convert("L")
    part = min(image.size) * min(1.0, SIZE / SHORTER_SIDE)
    left, top = (image.width - part) / 2, (image.height - part) / 2
    box = (left, top, left + part, top + part)
    return np.asarray(image.resize((SIZE, SIZE), Image.Resampling.BILINEAR, box=box))


def changed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """An image turned, scaled, shifted and lit a little differently, at random."""
    turn, zoom, right, down, contrast, light = rng.uniform(-1, 1, size=6)
    angle, scale = math.radians(10 * turn), 1 + 0.1 * zoom
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    middle = (SIZE - 1) / 2
    x, y = middle + 0.05 * SIZE * right, middle + 0.05 * SIZE * down
    # where each new pixel comes from
    across = (cos, -sin, x - cos * middle + sin * middle)
    along = (sin, cos, y - sin * middle - cos * middle)
    how = Image.Transform.AFFINE, across + along, Image.Resampling.BILINEAR
    values = np.asarray(Image.fromarray(image).transform((SIZE, SIZE), *how), np.float32)
    mean = values.mean()
    values = (values - mean) * (1 + 0.1 * contrast) + mean * (1 + 0.1 * light)
    return values.clip(0, 255).astype(np.uint8)


def batches(tables: np.ndarray, epoch: int) -> list[list[int]]:
    """Random batches with rows of every table, the larger ones seen less often than the others."""
    pieces = []
    for table, quota in enumerate(QUOTAS):
        rows, first = np.flatnonzero(tables == table), epoch * quota
        passes = range(first // len(rows), (first + quota - 1) // len(rows) + 1)
        shuffled = [np.random.default_rng((SEED, table, n)).permutation(rows) for n in passes]
        start = first - passes[0] * len(rows)
        chosen = np.concatenate(shuffled)[start : start + quota]
        pieces.append(np.array_split(chosen, math.ceil(sum(QUOTAS) / BATCH_SIZE)))
    return [np.concatenate(parts).tolist() for parts in zip(*pieces, strict=True)]


def collate(rows: list[Row], epoch: int | None = None) -> tuple[Tensor, list]:
    """Pixels (n, 3, SIZE, SIZE) around 0; with an `epoch`, of images changed at random."""
    images = [image for _, image, _ in rows]
    if epoch is not None:
        rng = np.random.default_rng((SEED, epoch, rows[0][0], len(rows)))
        images = [changed(image, rng) for image in images]
    values = np.stack(images).astype(np.float32) / np.float32(255)
    values = np.repeat(values[..., None], 3, axis=3)
    pixels = torch.from_numpy((values - MEAN) / SPREAD).permute(0, 3, 1, 2)
    return pixels.contiguous(memory_format=torch.channels_last), [labels for *_, labels in rows]


class Network(nn.Module):
    """A pretrained encoder of images, and a linear layer a task."""

    def __init__(self, encoder: Any, width: int) -> None:
        super().__init__()
        self.encoder = encoder
        for module in self.fixed():
            module.requires_grad_(False)
        self.dropout = nn.Dropout(DROPOUT)
        heads = {task: nn.Linear(width, len(LABELS[task])) for task in LABELS}
        self.heads = nn.ModuleDict(heads)

    def fixed(self) -> list[nn.Module]:
        """What stays as it was pretrained."""
        return [self.encoder.conv_stem]

    def train(self, mode: bool = True) -> "Network":
        """Set training mode, but for what is fixed."""
        super().train(mode)
        for module in self.fixed():
            module.eval()
        return self

    def features(self, pixels: Tensor) -> Tensor:
        """One vector (n, width) an image: the mean over places."""
        with torch.autocast("cpu", torch.bfloat16):
            hidden = self.encoder(pixel_values=pixels).last_hidden_state
            return hidden.mean((2, 3)).float()

    def forward(self, inputs: Inputs) -> dict[str, Tensor]:
        """The logits of each task."""
        found = self.features(inputs)
        return {task: head(self.dropout(found)) for task, head in self.heads.items()}

    def loss(self, inputs: Inputs, labels: list[dict]) -> Tensor:
        """The sum of the cross-entropies, each over its value for a blind guess."""
        logits = self(inputs)
        found = []
        for task, names in LABELS.items():
            numbers = numbered([row[task] for row in labels], names)
            each = functional.cross_entropy(logits[task], numbers, reduction="none")
            each = each / math.log(len(names))
            found.append(each.sum() * FACTORS[task] / len(labels))
        return torch.stack(found).sum()


def numbered(labels: list, names: list[str]) -> Tensor:
    """Numbers (n,) of labels; MISSING where there is none."""
    return torch.tensor([MISSING if label is None else names.index(label) for label in labels])


def make_optimizer(model: Network, steps: int) -> tuple[torch.optim.Optimizer, LambdaLR]:
    """AdamW with weight decay on matrices alone; the rates rise, then follow a schedule."""
    groups = []
    for module, rate in ((model.encoder, LEARNING_RATE), (model.heads, HEAD_LEARNING_RATE)):
        trained = [p for p in module.parameters() if p.requires_grad]
        for matrices, decay in ((True, WEIGHT_DECAY), (False, 0.0)):
            chosen = [p for p in trained if (p.dim() > 1) == matrices]
            groups.append({"params": chosen, "lr": rate, "weight_decay": decay})
    optimizer = torch.optim.AdamW(groups, fused=True)
    warm = max(1, round(WARMUP * steps))

    def factor(step: int) -> float:
        if step < warm:
            return (step + 1) / warm
        return (steps - step) / max(1, steps - warm)

    return optimizer, LambdaLR(optimizer, factor)


def loader_of(data: Dataset, rows: list[list[int]], collate_fn: Callable) -> DataLoader:
    """Batches of these `rows`; its own generator leaves the random numbers of dropout alone."""
    own = torch.Generator()
    return DataLoader(data, batch_sampler=rows, collate_fn=collate_fn, generator=own)


def train_epoch(
    model: Network, loader: DataLoader, optimizer: torch.optim.Optimizer, scheduler: LambdaLR
) -> float:
    """Take one pass over the training rows; gives the mean loss."""
    model.train()
    losses = []
    for inputs, labels in tqdm(loader, leave=False):
        loss = model.loss(inputs, labels)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return sum(losses) / len(losses)


@torch.no_grad()
def predict(model: Network, data: ImageDataset) -> dict[str, list[np.ndarray]]:
    """By task the logits of all rows, in their order."""
    model.eval()
    order = np.arange(len(data))
    rows = [order[i : i + EVAL_BATCH].tolist() for i in range(0, len(order), EVAL_BATCH)]
    loader = loader_of(data, rows, collate)
    found: dict[str, list[np.ndarray]] = {task: [] for task in LABELS}
    for inputs, _ in loader:
        for task, logits in model(inputs).items():
            found[task] += list(logits.numpy())
    return found


def evaluate(model: Network, data: ImageDataset, *, told: bool = False) -> dict[str, float]:
    """The metric of each task; `told` prints how each label does."""
    logits, found = predict(model, data), {}
    for task, names in LABELS.items():
        rows = [row for row, labels in enumerate(data.labels) if labels[task] is not None]
        truth = [data.labels[row][task] for row in rows]
        given = [names[int(np.argmax(logits[task][row]))] for row in rows]
        text = classification_report(truth, given, zero_division=0)
        if told:
            print(f"{task}\n{text}")
        found[task] = float(METRICS[task](truth, given))
    return found


def main() -> None:
    """Train, keep the epoch that is best on dev, and measure it on test."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data files")
    parser.add_argument("--weights", default=WEIGHTS, help="folder of the pretrained encoder")
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    train, dev, test = (
        ImageDataset(load(options.data, split)) for split in ("train", "dev", "test")
    )
    encoder = AutoModel.from_pretrained(options.weights, dtype=torch.float32)
    encoder.to(memory_format=torch.channels_last)
    torch.manual_seed(SEED)
    model = Network(encoder, 1280)
    steps = len(batches(train.tables, 0))
    optimizer, scheduler = make_optimizer(model, EPOCHS * steps)
    best, best_epoch, state = -math.inf, 0, {}
    for epoch in range(1, EPOCHS + 1):
        rows = batches(train.tables, epoch - 1)
        loader = loader_of(train, rows, partial(collate, epoch=epoch - 1))
        loss = train_epoch(model, loader, optimizer, scheduler)
        found = evaluate(model, dev)
        value = sum(found.values()) / len(found)
        shown = ", ".join(f"{task} {one:.4f}" for task, one in found.items())
        print(f"epoch {epoch}: loss {loss:.4f}, on dev {shown}")
        if value > best:
            best, best_epoch, state = value, epoch, copy.deepcopy(model.state_dict())
        if epoch - best_epoch >= PATIENCE:
            break
    model.load_state_dict(state)
    print(json.dumps(evaluate(model, test, told=True)))


if __name__ == "__main__":
    main()
