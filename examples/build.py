"""Cut the small data sets of the examples out of larger ones.

The files it writes are part of the project, so nobody needs to run it; it shows exactly what was
taken. Run from the root of the project: `python examples/build.py ../shared/data`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl

HERE = Path(__file__).parent
SPLITS = ("train", "dev", "test")
SEED = 0


def main(data: Path) -> None:
    """Write the files of both examples from the folder `data`."""
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
        write(medical / "ct", split, ct(read(data, "iq_othnccd", split)))
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


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
