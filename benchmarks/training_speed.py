"""Training speed on a CPU: the tutorial recipe, dynamic padding, and polytask's own loop.

    python benchmarks/training_speed.py DATA [--sets banking77 sst] [--threads 1] [--steps 50]
    python benchmarks/training_speed.py DATA --accuracy            # sst, 3 seeds, paired

DATA holds `banking77/` and `sst/` with `train.parquet` (and for `--accuracy` dev and test). Every
arm sees rows of the same set, batch 32; the unit is rows per CPU second (all threads together),
which a busy machine disturbs little. One JSON line an arm; a table at the end.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import torch

from polytask.learning.encoders.text import TextEncoder
from polytask.learning.neural_part import NeuralPart, head_for
from polytask.learning.recipes.fine_tune import FineTune
from polytask.learning.recipes.recipe import Context
from polytask.learning.training import Run, train
from polytask.learning.weights import find
from polytask.tasks.task import Column, Fold, Inputs, Rows, Task

if TYPE_CHECKING:
    from collections.abc import Callable

TARGETS = {"banking77": ("text", "intent"), "sst": ("text", "binary")}
BATCH = 32


def main() -> None:
    """Run the arms that were asked for and print what they measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--sets", nargs="+", default=list(TARGETS), choices=list(TARGETS))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=50, help="timed steps an arm")
    parser.add_argument("--encoder", default="", help="a folder; default: the embedded MiniLM")
    parser.add_argument("--accuracy", action="store_true", help="bfloat16 against plain, on sst")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    source = options.encoder or str(find("minilm") or "")
    if not source:
        parser.error("no weights: polytask weights get minilm, or --encoder FOLDER")
    if options.accuracy:
        accuracy(options.data / "sst", source, options.threads)
        return
    for name in options.sets:
        speeds(name, options.data / name, source, options)


def speeds(name: str, folder: Path, source: str, options: argparse.Namespace) -> None:
    """Time every arm on one set."""
    task, rows = read(folder, "train")
    rate = matrix_rate(torch.bfloat16), matrix_rate(torch.float32)
    arms: dict[str, Callable[[], dict[str, float]]] = {
        "tutorial (Trainer, pad 128)": lambda: tutorial(task, rows, source, options.steps),
        "dynamic padding": lambda: dynamic(task, rows, source, options.steps),
        "polytask float32": lambda: ours(task, rows, source, options, dtype="float32"),
        "polytask bfloat16": lambda: ours(task, rows, source, options, dtype="bfloat16"),
        "TopLayers(2) float32": lambda: ours(task, rows, source, options, "float32", 2),
        "TopLayers(2) bfloat16": lambda: ours(task, rows, source, options, "bfloat16", 2),
    }
    found = {}
    for arm, measure in arms.items():
        found[arm] = measure()
        times = (
            found[arm]["rows_a_cpu_second"]
            / found["tutorial (Trainer, pad 128)"]["rows_a_cpu_second"]
        )
        line = {"set": name, "arm": arm, **found[arm], "times_tutorial": round(times, 2)}
        print(json.dumps(line), flush=True)
    base = found["tutorial (Trainer, pad 128)"]["rows_a_cpu_second"]
    padded = found["dynamic padding"]["rows_a_cpu_second"]
    print(f"\n{name}: matrix products {rate[0]:.0f} (bf16), {rate[1]:.0f} (fp32) GFLOP/s a thread")
    print("| arm | rows/CPU-s | × tutorial | × dynamic | useful GFLOP/s | share of its rate |")
    print("|---|---|---|---|---|---|")
    for arm, value in found.items():
        speed, useful = value["rows_a_cpu_second"], value["useful_gflops"]
        share = useful / rate[0 if "bfloat16" in arm else 1]
        print(
            f"| {arm} | {speed:.1f} | {speed / base:.1f} | {speed / padded:.1f} "
            f"| {useful:.0f} | {share:.0%} |"
        )
    print(flush=True)


def read(folder: Path, split: str, labels: tuple[str, ...] = ()) -> tuple[Task, Rows]:
    """A split of a set as rows of one multiclass task."""
    frame = pl.read_parquet(folder / f"{split}.parquet")
    text, label = TARGETS[folder.name]
    frame = frame.filter(pl.col(label).is_not_null())
    given = [str(value) for value in frame[label]]
    columns = (Column(text),)
    names = labels or tuple(sorted(set(given)))
    task = Task("label", "rows", columns, label, "multiclass", "accuracy", names)
    return task, Rows(
        Inputs(columns, {text: frame[text].to_list()}), {"label": given}, np.arange(len(frame))
    )


def tutorial(task: Task, rows: Rows, source: str, steps: int) -> dict[str, float]:
    """The transformers `Trainer` with everything padded to 128, as in its tutorials."""
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        Trainer,
        TrainingArguments,
    )

    tokenizer = AutoTokenizer.from_pretrained(source)
    model = AutoModelForSequenceClassification.from_pretrained(source, num_labels=len(task.labels))
    texts, labels = _plain(task, rows, steps)
    found = tokenizer(texts, padding="max_length", truncation=True, max_length=128)
    data = [
        {**{key: found[key][i] for key in found}, "labels": labels[i]} for i in range(len(texts))
    ]
    arguments = TrainingArguments(
        output_dir=str(Path(tempfile.gettempdir()) / "tutorial"),
        per_device_train_batch_size=BATCH,
        max_steps=steps,
        learning_rate=5e-5,
        save_strategy="no",
        logging_strategy="no",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
    )
    trainer = Trainer(model=model, args=arguments, train_dataset=data)
    started = time.process_time()
    trainer.train()
    return _figures(time.process_time() - started, _words(found), model, BATCH * steps)


def dynamic(task: Task, rows: Rows, source: str, steps: int) -> dict[str, float]:
    """A plain loop, each random batch padded to its longest row, float32."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(source)
    model = AutoModelForSequenceClassification.from_pretrained(source, num_labels=len(task.labels))
    texts, labels = _plain(task, rows, steps)
    optimiser = torch.optim.AdamW(model.parameters(), lr=5e-5)
    model.train()
    words, started = 0, time.process_time()
    for start in range(0, len(texts), BATCH):
        batch = tokenizer(
            texts[start : start + BATCH],
            padding=True,
            truncation=True,
            max_length=128,
            return_tensors="pt",
        )
        loss = model(**batch, labels=torch.tensor(labels[start : start + BATCH])).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        words += int(batch["attention_mask"].sum())
    return _figures(time.process_time() - started, words, model, len(texts))


def ours(
    task: Task,
    rows: Rows,
    source: str,
    options: argparse.Namespace,
    dtype: str,
    layers: int | None = None,
) -> dict[str, float]:
    """The loop of polytask; with `layers` once the output of the frozen layers is computed."""
    run = _run(task, rows, source, dtype, layers)
    batches = run._batches(0)
    once = 0.0
    if layers is not None:  # the first epoch fills the memory of the lower layers
        batches = batches[: options.steps]
        started = time.process_time()
        for [(name, index)] in batches:
            batch = run.part.encoder.collate(run.tables[name].prepared, index.tolist())
            with torch.autocast("cpu", torch.bfloat16, enabled=dtype == "bfloat16"):
                run.lowered(name, index, batch)
        once = time.process_time() - started
    run.update(batches[0], 0)
    timed = batches[1 : options.steps + 1] if layers is None else batches
    run.part.encoder.train()
    started = time.process_time()
    for step, batch in enumerate(timed, start=1):
        run.update(batch, step)
    spent = time.process_time() - started
    count = sum(len(index) for [(_, index)] in timed)
    lengths = run.tables["rows"].prepared.lengths
    words = int(sum(lengths[index].sum() for [(_, index)] in timed))
    found = _figures(spent, words, run.part.encoder, count)
    if layers is not None:
        found["lower_rows_a_cpu_second"] = round(count / once, 1)
    return found


def _run(task: Task, rows: Rows, source: str, dtype: str, layers: int | None) -> Run:
    torch.manual_seed(0)
    encoder = TextEncoder.load(source)
    encoder.freeze(0 if layers is None else encoder.depth - layers)
    encoder.set_dropout(0.1)
    part = NeuralPart(encoder, {"label": head_for(task, encoder.dim)}, dtype=dtype)
    part.heads["label"].dropout.p = 0.1
    return Run(part, Fold({"rows": rows}, {}), Context(threads=1, dtype=dtype), FineTune())


def _plain(task: Task, rows: Rows, steps: int) -> tuple[list[str], list[int]]:
    """The first rows in random order: the very rows for both plain arms."""
    order = np.random.default_rng(0).permutation(len(rows))[: steps * BATCH]
    texts = rows.inputs.values[rows.inputs.columns[0].name]
    numbers = {label: i for i, label in enumerate(task.labels)}
    return [texts[i] for i in order], [numbers[rows.targets["label"][i]] for i in order]


def _words(found: Any) -> int:
    return int(np.sum(found["attention_mask"]))


def _figures(seconds: float, words: int, model: torch.nn.Module, rows: int) -> dict[str, float]:
    """Rows a CPU second, and the rate of useful products: 2 forward, 4 backward a weight and word.

    Weights without a gradient cost 0 (looked up or computed before).
    """
    weights = sum(
        value.numel()
        for name, value in model.named_parameters()
        if value.requires_grad and value.dim() == 2 and "embedding" not in name
    )
    return {
        "rows_a_cpu_second": round(rows / seconds, 2),
        "useful_gflops": round(6 * weights * words / seconds / 1e9, 1),
        "rows": rows,
        "cpu_seconds": round(seconds, 2),
    }


def matrix_rate(dtype: torch.dtype, size: int = 1024, times: int = 8) -> float:
    """GFLOP a CPU second of a large matrix product."""
    a, b = torch.randn(size, size).to(dtype), torch.randn(size, size).to(dtype)
    torch.mm(a, b)
    started = time.process_time()
    for _ in range(times):
        torch.mm(a, b)
    return 2 * size**3 * times / (time.process_time() - started) / 1e9


@dataclass(frozen=True)
class Loop:
    """A way to train, for `--accuracy`: number format, batches by length, embeddings trained."""

    dtype: str
    buckets: bool
    embeddings: bool


LOOPS = {
    "plain": Loop("float32", buckets=False, embeddings=True),
    "bfloat16": Loop("bfloat16", buckets=True, embeddings=False),
    "bfloat16, embeddings": Loop("bfloat16", buckets=True, embeddings=True),
}


def accuracy(folder: Path, source: str, threads: int, epochs: int = 3) -> None:
    """Test accuracy on sst of polytask's bfloat16 loop and of a plain padded float32 loop."""
    task, rows = read(folder, "train")
    _, dev = read(folder, "dev", task.labels)
    _, test = read(folder, "test", task.labels)
    right: dict[str, list[np.ndarray]] = {name: [] for name in LOOPS}
    for seed in range(3):
        for name, loop in LOOPS.items():
            torch.manual_seed(seed)
            encoder = TextEncoder.load(source)
            encoder.freeze(0, embeddings=not loop.embeddings)
            encoder.set_dropout(0.1)
            part = NeuralPart(encoder, {"label": head_for(task, encoder.dim)}, dtype=loop.dtype)
            context = Context(seed=seed, threads=threads, dtype=loop.dtype)
            if not loop.buckets:
                _unbucket(part)
            recipe = FineTune(epochs=epochs, learning_rate=1e-4, embeddings=loop.embeddings)
            train(part, Fold({"rows": rows}, {"rows": dev}), context, recipe)
            scores = np.asarray(part.scores(test.inputs, ["label"])["label"])
            given = np.array([task.labels[i] for i in scores.argmax(1)])
            right[name].append(given == np.array(test.targets["label"]))
            line = {"loop": name, "seed": seed, "accuracy": float(right[name][-1].mean())}
            print(json.dumps(line), flush=True)
    for name, answers in right.items():
        gain = np.mean(answers, axis=0) - np.mean(right["plain"], axis=0)
        draws = np.random.default_rng(0).integers(0, len(gain), (2000, len(gain)))
        low, high = np.percentile(gain[draws].mean(1), [2.5, 97.5])
        print(f"{name} minus plain: {gain.mean():+.4f} ({low:+.4f} to {high:+.4f})")


def _unbucket(part: NeuralPart) -> None:
    """Random batches: all rows count as equally long, each batch is padded to its longest."""
    prepare = part.encoder.prepare

    def plain(inputs: Inputs) -> Any:
        from dataclasses import replace

        found = prepare(inputs)
        return replace(found, lengths=np.ones(len(found), dtype=np.int64))

    part.encoder.prepare = plain  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
