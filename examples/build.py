"""Cut the small data sets of the examples out of larger ones.

The files it writes are part of the project, so nobody needs to run it; it shows exactly what was
taken. Run from the root of the project: `python examples/build.py ../shared/data`.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from polytask.program import using

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HERE = Path(__file__).parent
SPLITS = ("train", "dev", "test")
SEED = 0


def main(data: Path) -> None:
    """Write the files of the examples from the folder `data`."""
    demo = HERE / "demo"
    limits = {"train": 1500, "dev": 250}  # small enough for a run of three minutes
    for split in SPLITS:
        limit = limits.get(split)
        write(demo / "assistant", split, some(read(data, "snips", split), limit))
        write(demo / "reviews", split, some(reviews(read(data, "uci_sentiment3", split)), limit))
        poems = read(data, "poem_sentiment", split).rename({"label": "poem_sentiment"})
        write(demo / "poems", split, poems)
    medical = HERE / "medical"
    for split in SPLITS:
        scans = ct(read(data, "iq_othnccd", split))
        notes = some(noted(read(data, "medical_abstracts", split)), {"train": 1200}.get(split))
        write(medical / "ct", split, scans)
        write(medical / "notes", split, notes)
        write(medical / "cases", split, some(cases(scans, notes), {"train": 40}.get(split)))
        requests = some(read(data, "snips", split), limits.get(split))
        write(HERE / "programs" / "requests", split, requests.with_columns(queues(requests)))
        wanted = some(read(data, "snips", split), {"train": 3000}.get(split)).drop("slots")
        write(HERE / "desk" / "requests", split, wanted.with_columns(desks(wanted)))
    frames = [read(data, "cardiac_mri_scd", split) for split in SPLITS]
    write(medical, "mri", mri(pl.concat(frames)))


def read(data: Path, name: str, split: str) -> pl.DataFrame:
    """One split of a shared set."""
    return pl.read_parquet(data / name / f"{split}.parquet")


def write(folder: Path, name: str, frame: pl.DataFrame) -> None:
    """Write `frame` as parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(folder / f"{name}.parquet", compression="zstd", compression_level=19)


def some(frame: pl.DataFrame, limit: int | None) -> pl.DataFrame:
    """At most `limit` rows by chance, in their order."""
    if limit is None or len(frame) <= limit:
        return frame
    chosen = np.random.default_rng(SEED).permutation(len(frame))[:limit]
    return frame[np.sort(chosen)]


def reviews(frame: pl.DataFrame) -> pl.DataFrame:
    """Reviews with their sentiment in words and the site they were written on."""
    words = pl.when(pl.col("label") == 1).then(pl.lit("positive")).otherwise(pl.lit("negative"))
    return frame.select("text", words.alias("sentiment"), pl.col("domain").alias("site"))


def ct(frame: pl.DataFrame) -> pl.DataFrame:
    """Slices of chest CT, all of them."""
    return frame.select("id", "image", "abnormal", pl.col("label").alias("finding"))


def mri(frame: pl.DataFrame) -> pl.DataFrame:
    """The middle three slices of each plane and patient, of up to five."""
    place = pl.col("id").rank("ordinal").over("patient", "plane")
    count = pl.len().over("patient", "plane")
    middle = (place - (count + 1) / 2).abs() <= 1
    return frame.filter(middle).sort("id").select("id", "patient", "image", "abnormal", "plane")


def noted(frame: pl.DataFrame) -> pl.DataFrame:
    """The beginnings of medical abstracts, which stand in for a physician's note."""
    return frame.select(pl.col("text").str.slice(0, 400), pl.col("label").alias("note"))


def cases(scans: pl.DataFrame, notes: pl.DataFrame) -> pl.DataFrame:
    """Scans with notes drawn for them by chance: no note is of the patient of its scan.

    The right advice is what the program gives that is told both right answers.
    """
    drawn = np.random.default_rng(SEED).choice(len(notes), len(scans), replace=False)
    paired = pl.concat([scans.select("id", "image", "abnormal"), notes[drawn]], how="horizontal")
    advice = program("medical/advice.py", "advice")
    told = [
        answer(advice, row, {"ct": row["abnormal"], "note": row["note"]})["advice"]
        for row in paired.iter_rows(named=True)
    ]
    return paired.select("id", "image", "text", pl.Series("advice", told))


def queues(requests: pl.DataFrame) -> pl.Series:
    """The right queues: what the program gives that is told the right intent and slots."""
    triage = program("programs/triage.py", "triage")
    return pl.Series(
        "queue",
        [
            answer(triage, row, {"intent": row["intent"], "slots": row["slots"]})["queue"]
            for row in requests.iter_rows(named=True)
        ],
    )


def desks(requests: pl.DataFrame) -> pl.Series:
    """The right desks: what the program gives that is told the right intent."""
    desk = program("desk/desk.py", "desk")
    told = [answer(desk, row, row)["desk"] for row in requests.iter_rows(named=True)]
    return pl.Series("desk", told)


def program(place: str, name: str) -> Callable[[Any], dict[str, Any]]:
    """A function of a task program, as ordinary Python."""
    return runpy.run_path(str(HERE / place))[name]  # type: ignore[no-any-return]


def answer(
    function: Callable[[Any], dict[str, Any]], row: Mapping[str, Any], known: Mapping[str, Any]
) -> dict[str, Any]:
    """What a task program returns for a row when its calls get the `known` answers."""

    def told(task: str, _: Any) -> dict[str, Any]:
        label = known.get(task, "")
        found = [{"label": tag[2:], "text": ""} for tag in label if tag[:2] == "B-"]
        return {"label": label, "spans": found, "probability": 1.0, "sure": True}

    with using(told):
        return function(row)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
