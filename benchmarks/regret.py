"""What more time gives, and what the plan misses: budgets, and every recipe tried.

    python benchmarks/regret.py budgets DATA OUT --sets medical --minutes 5 15 30
    python benchmarks/regret.py exhaust DATA OUT --sets snips sick --most 400 --skip "FewShot()"
    python benchmarks/regret.py tell OUT

`budgets` starts a run with the first budget and goes on with it under each larger one, as a user
would; the figures after each go to `OUT/budgets.jsonl`. `exhaust` trains every recipe of `POOL`
alone for each task and on all tasks together, then answers the test rows with every part:
`OUT/cells.jsonl` has a line for each task and part. Nothing here chooses by test rows; they say
afterwards what was missed. What is in the files already is not measured again. `tell` holds both
against the best test figure of all parts: of each budget, and of a plan that ends after its quick
models, its first setting, its second or its longer trainings and takes the best on dev.
"""

from __future__ import annotations

import argparse
import json
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from task_sets import SETS, write

import polytask
from polytask.evaluation.metrics import metric, score
from polytask.learning.model import load_part
from polytask.planning.journal import Journal
from polytask.tasks import profile
from polytask.workflow import scoring
from polytask.workflow.answering import answered
from polytask.workflow.children import spread
from polytask.workflow.events import ignore
from polytask.workflow.folder import RunFolder
from polytask.workflow.state import State
from polytask.workflow.trainings import trainings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

POOL = {
    "text": (
        "TfidfLinear()",
        "Probe()",
        "TopLayers(epochs=4, layers=2, learning_rate=0.001)",
        "FineTune(embeddings=True, epochs=3, learning_rate=0.0003)",
        "FineTune(embeddings=True, epochs=6, learning_rate=0.0002)",
        "FineTune(embeddings=True, epochs=12, learning_rate=0.0002)",
        "FineTune(epochs=3, learning_rate=0.0001)",
        "FineTune(embeddings=True, epochs=4, learning_rate=0.0006)",
        "FineTune(epochs=6, learning_rate=0.001, transfer=LoRA(r=8))",
        "FewShot()",
    ),
    "image": (
        "Probe()",
        "KernelProbe()",
        "TopLayers(epochs=4, layers=2, learning_rate=0.001, patience=4)",
        "FineTune(epochs=8, image_size=128, learning_rate=0.001, patience=8)",
        "FineTune(epochs=4, image_size=128, learning_rate=0.0003)",
    ),
}
"""What is tried exhaustively: the plan's own settings, their neighbours, and other methods."""
QUICK = ("TfidfLinear()", "Probe()", "KernelProbe()")
FIRST = (
    "FineTune(learning_rate=0.0003, embeddings=True)",
    "TopLayers(epochs=4, learning_rate=0.001, patience=4)",
)
SECOND = (
    "FineTune(epochs=6, embeddings=True)",
    "FineTune(epochs=8, learning_rate=0.001, patience=8, image_size=128)",
)
LONGER = ("FineTune(epochs=12, embeddings=True)",)
STAGES = {
    "quick": QUICK,
    "first setting": (*QUICK, *FIRST),
    "second setting": (*QUICK, *FIRST, *SECOND),
    "longer": (*QUICK, *FIRST, *SECOND, *LONGER),
}
"""How far a plan may come, as recipes in the form that parts have them."""
ALONE = ("TfidfLinear()", "Probe()", "KernelProbe()", "FewShot()")
"""Recipes that share nothing when they learn several tasks."""

PLAN = '''"""Train every recipe of a pool, alone and together."""

from polytask.plan import combine, finish, tasks, train

t = tasks("tasks.yaml")
best = {{}}
for recipe in {recipes!r}:
    for group in ([[task] for task in t] + ([t] if len(t) > 1 and recipe not in {alone!r} else [])):
        found = train(group, recipe)
        if found["status"] == "done":
            for task in group:
                best.setdefault(task, found["part"])
finish(combine(best, {{}}))
'''


def main() -> None:
    """Measure what is not there yet, or tell."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["budgets", "exhaust", "tell"])
    parser.add_argument("paths", nargs="+", type=Path, help="DATA OUT, or OUT for `tell`")
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--minutes", nargs="+", type=float, default=[5, 15, 30])
    parser.add_argument("--most", type=int, default=None, help="rows to learn from, a table")
    parser.add_argument("--skip", nargs="+", default=[], metavar="RECIPE", help="not in the pool")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.what == "tell":
        print(told(options.paths[0]))
        return
    data, out = options.paths
    out.mkdir(parents=True, exist_ok=True)
    for name in options.sets:
        folder = out / f"{name}-{options.most or 'all'}-{options.seed}"
        file = write(data, folder / "data", name, options.most)
        common = {"set": name, "most": options.most, "seed": options.seed}
        settings = {"seed": options.seed, "threads": options.threads}
        if options.what == "budgets":
            # Nothing that an earlier run has trained: it would cost no time.
            own = {**settings, "fresh": True}
            budgets(file, folder / "run", out, common, options.minutes, own)
        else:
            exhaust(file, folder / "pool", out / "cells.jsonl", common, settings, options.skip)


def budgets(
    file: Path,
    run: Path,
    out: Path,
    common: dict[str, Any],
    minutes: Sequence[float],
    settings: dict[str, Any],
) -> None:
    """Run under the first budget, go on under each larger one, and note the figures after each."""
    source: Path = file
    for number, amount in enumerate(minutes):
        began = time.monotonic()
        more = {} if number else {"out": run, **settings}
        result = polytask.run(source, budget=f"{amount:g}m", **more)
        report = result.report
        line = {**common, "minutes": amount, "threads": settings["threads"]}
        line |= {"wall": round(time.monotonic() - began, 1), "sentence": str(result.sentence)}
        line["total"] = report.timing.total
        line["tasks"] = {
            task: {
                "metric": one.metric,
                "dev": one.dev,
                "test": one.value,
                "low": one.low,
                "high": one.high,
                "n_test": one.n_test,
                "verdict": one.verdict,
                "gain": None if one.gain is None else one.gain.value,
                "recipe": one.recipe,
                "part": one.part,
            }
            for task, one in report.tasks.items()
        }
        _append(out / "budgets.jsonl", line)
        print(json.dumps({k: line[k] for k in ("set", "minutes", "total")}), flush=True)
        source = run
    for cell in cells(run):
        _append(out / "reached.jsonl", {**common, **cell})


def exhaust(
    file: Path,
    run: Path,
    out: Path,
    common: dict[str, Any],
    settings: dict[str, Any],
    skip: Sequence[str] = (),
) -> None:
    """Train the pool in one run that may take its time, then answer the test rows by every part."""
    key = {**common, "pool": True}
    if any({k: line.get(k) for k in key} == key for line in _lines(out)):
        return
    image = "image" in file.read_text(encoding="utf-8")
    recipes = [one for one in POOL["image" if image else "text"] if one not in skip]
    plan = file.with_name("plan.py")
    plan.write_text(PLAN.format(recipes=recipes, alone=list(ALONE)), encoding="utf-8")
    if not RunFolder(run).exists:
        polytask.run(plan, budget="6h", out=run, **settings)
    else:
        polytask.run(run)
    for cell in cells(run):
        _append(out, {**key, **cell})
    print(json.dumps(key), flush=True)


def cells(run: Path) -> Iterator[dict[str, Any]]:
    """Every part of a run with each task it answers: dev and test figure, seconds, recipe."""
    folder = RunFolder(run)
    state = State.start({**folder.settings()["settings"], "folder": str(run.resolve())}, ignore)
    taskset = state.taskset
    facts = profile(taskset)
    with closing(Journal.open(folder.journal, meta={})) as journal:
        done = trainings(spread(folder, journal.calls()))
    for one in done:
        if one.status != "done" or one.repeat:
            continue
        names = [task for task in one.tasks if task in taskset]
        on_test = _on_test(state, one.part, names)
        dev = scoring.load(folder.parts / one.part / "dev.safetensors")
        for task in names:
            judged = scoring.judged(taskset, task, "test", on_test[task])
            on_dev = scoring.judged(taskset, task, "dev", dev[task])
            splits = taskset.tables[taskset[task].table].splits
            answers = answered(judged, on_dev, splits)
            yield {
                "task": task,
                "facts": dict(facts[task].facts()),
                "metric": taskset[task].metric,
                "sign": metric(taskset[task].metric).sign,
                "recipe": one.recipe,
                "together": list(one.tasks),
                "lineage": str(one.lineage),
                "part": one.part,
                "dev": one.dev[task],
                "test": float(score(judged.task, judged.truth, answers)),
                "n_dev": len(on_dev.truth),
                "n_test": len(judged.truth),
                "seconds": one.seconds,
            }


def _on_test(state: State, part: str, names: Sequence[str]) -> dict[str, scoring.Scored]:
    stored = state.folder.parts / part / "test.safetensors"
    folded = [task for task in names if state.taskset.folds([task]) > 1]
    fixed = [task for task in names if task not in folded]
    found = {}
    if folded:
        scores = scoring.load(stored)
        found |= {task: scores[task] for task in folded}
    if fixed:
        loaded = load_part(state.part_folder(part))
        found |= scoring.score_rows(loaded, state.taskset.test(fixed), fixed)
    return found


def told(out: Path) -> str:
    """Dev and test after each budget, and test regret against the best part of all there are."""
    lines = []
    every = [*_lines(out / "cells.jsonl"), *_lines(out / "reached.jsonl")]
    for line in _lines(out / "budgets.jsonl"):
        lines.append(f"{line['set']} ({line['most'] or 'all'} rows), {line['minutes']:g} minutes:")
        for task, one in line["tasks"].items():
            known = [
                cell
                for cell in every
                if (cell["set"], cell["most"], cell["seed"], cell["task"])
                == (line["set"], line["most"], line["seed"], task)
            ]
            best = max((cell["sign"] * cell["test"] for cell in known), default=None)
            sign = known[0]["sign"] if known else 1
            regret = "" if best is None else f", regret {best - sign * one['test']:.4f}"
            lines.append(
                f"  {task}: dev {one['dev']:.4f}, test {one['test']:.4f}"
                f" ({one['low']:.4f}–{one['high']:.4f}){regret}, {one['verdict'] or 'alone'},"
                f" {one['recipe']}"
            )
    return "\n".join([*lines, *missed(_lines(out / "cells.jsonl"))])


def missed(cells: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What the plan's settings miss of the pool, had it ended after each of them."""
    for name, most, seed in dict.fromkeys((c["set"], c["most"], c["seed"]) for c in cells):
        own = [c for c in cells if (c["set"], c["most"], c["seed"]) == (name, most, seed)]
        yield f"{name} ({most or 'all'} rows, seed {seed}), the pool:"
        for task in dict.fromkeys(cell["task"] for cell in own):
            found = [cell for cell in own if cell["task"] == task]
            best = max(found, key=lambda cell: cell["sign"] * cell["test"])
            shown = f"{best['recipe']} on {len(best['together'])}"
            line = (
                f"  {task} ({best['n_test']} test rows): best on test {best['test']:.4f}, {shown};"
            )
            for stage, recipes in STAGES.items():
                reached = [cell for cell in found if cell["recipe"] in recipes]
                taken = max(reached, key=lambda cell: cell["sign"] * cell["dev"])
                regret = best["sign"] * (best["test"] - taken["test"])
                seconds = sum(
                    {c["part"]: c["seconds"] for c in own if c["recipe"] in recipes}.values()
                )
                line += f" {stage}: dev {taken['dev']:.4f}, regret {regret:.4f}, {seconds:.0f} s;"
            yield line


def _lines(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _append(path: Path, line: dict[str, Any]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
