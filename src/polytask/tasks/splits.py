"""Splits: which rows are learned from, decided on and judged on.

Official splits are kept, but for rows that would tear a group: of these, train gives way to dev
and test, and dev to test. A missing dev is cut from train, never from test. Otherwise a single file
of 1,000 labelled rows or more is cut 70/10/20, and a smaller one gets five folds: test = fold k,
dev = fold k + 1, train = the rest, so that every row is judged once and decided on once.

Cuts follow a hash of the normalised input, so that the order of a file changes nothing and equal
inputs fall together; they are stratified by label, and rows of one group are never torn apart.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from polytask._errors import DataError
from polytask.tasks.splits_units import join

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from polytask.tasks.task import Split

SPLIT_NAMES: dict[str, Split] = {
    "train": "train", "training": "train", "dev": "dev", "development": "dev", "val": "dev",
    "valid": "dev", "validation": "dev", "eval": "dev", "test": "test", "testing": "test",
}  # fmt: skip
FEW_ROWS = 1000
FOLDS = 5
TEST_SHARE = 0.2
DEV_SHARE = 0.1
DEV_MOST = 1000
GIVES_WAY: tuple[tuple[Split, Split], ...] = (("dev", "test"), ("train", "test"), ("train", "dev"))
"""What stands in both splits of a pair leaves the first; the pairs are taken in this order."""


@dataclass(frozen=True)
class Units:
    """The rows to split, and what must stay together.

    Args:
        keys: A key a row; rows with one key fall into one split.
        strata: A class a row; every split gets its share of each.
        groups: A group a row, or empty; rows of one group fall into one split.
        seed: Seed of the hash.
    """

    keys: Sequence[str]
    strata: Sequence[str]
    groups: Sequence[str] = ()
    seed: int = 0


@dataclass(frozen=True)
class Assigned:
    """The splits of one table and how they came about.

    Args:
        splits: As in `Table.splits`.
        final: As in `Table.final`.
        note: In words.
        torn: By split and the split that holds their group: rows that were taken out.
    """

    splits: tuple[np.ndarray, ...]
    final: np.ndarray
    note: str
    torn: Mapping[tuple[Split, Split], tuple[int, ...]] = field(default_factory=dict)


@dataclass
class Known:
    """Where inputs have already been put in tables before this one: key → split, key → fold."""

    splits: dict[str, str] = field(default_factory=dict)
    folds: dict[str, int] = field(default_factory=dict)


def assign(
    given: np.ndarray, labelled: np.ndarray, units: Units, *, folds: int = 0, known: Known
) -> Assigned:
    """Split the rows of one table.

    Args:
        given: The official split of each row: "train", "dev", "test" or "".
        labelled: Which rows carry any label; the others can only be learned from.
        units: What stays together, and by what to stratify.
        folds: How many folds the user asks for; 0 decides by the rows.
        known: Where inputs of earlier tables went; equal ones follow them. Extended here.

    Raises:
        DataError: There are fewer groups or different inputs than folds.
    """
    given = np.where(given == "", "train", given).astype(object)
    given[~labelled & (given != "train")] = ""
    official = bool(folds == 0 and (given == "test").any())
    if folds or (not official and int(labelled.sum()) < FEW_ROWS):
        return _folds(labelled, units, _count(labelled, units, folds), known)
    # Before the cuts, so that dev is not cut from rows that have to go.
    torn = _mend(given, units.groups)
    notes = ["official splits" if official else "split by us"]
    if not official:
        _cut(given, labelled, units, known, "test", TEST_SHARE)
        whole = "train" if (given == "dev").any() else "the rows"
        notes.append(f"{TEST_SHARE:.0%} of {whole} cut for test")
    if not (given == "dev").any():
        rows = int((labelled & (given == "train")).sum())
        share = min(DEV_SHARE / (1 if official else 1 - TEST_SHARE), DEV_MOST / max(1, rows))
        _cut(given, labelled, units, known, "dev", share)
        notes.append(f"{share:.0%} of train cut for dev")
    for key, split in zip(units.keys, given.tolist(), strict=True):
        if split:
            known.splits.setdefault(key, split)
    split = given.astype("<U5")
    return Assigned((split,), split, ", ".join(notes), torn)


def strata(columns: Sequence[tuple[str, Sequence[Any]]]) -> list[str]:
    """A class a row to stratify by, from the targets of the tasks of a table.

    Labels count as they are, numbers by fifths, sets of labels by their rarest one, tags not at
    all. Further tasks refine the classes as long as these keep five rows each on average.

    Args:
        columns: Kind and targets of each task.

    >>> strata([("binary", ["a", "b"] * 10), ("tagging", [["O"]] * 20)])[:2]
    ['a', 'b']
    """
    rows = len(columns[0][1]) if columns else 0
    found = [""] * rows
    for kind, targets in columns:
        classes = _classes(kind, targets)
        if not any(classes):
            continue
        finer = [f"{a}\x1f{b}" if a else b for a, b in zip(found, classes, strict=True)]
        distinct = len(set(finer))
        if not any(found) or (distinct <= 60 and distinct * 5 <= rows):
            found = finer
    return found


def _classes(kind: str, targets: Sequence[Any]) -> list[str]:
    if kind == "regression":
        numbers = np.array([np.nan if target is None else target for target in targets], float)
        filled = numbers[~np.isnan(numbers)]
        edges = np.quantile(filled, [0.2, 0.4, 0.6, 0.8]) if len(filled) else [0.0]
        return ["" if np.isnan(x) else str(int(np.searchsorted(edges, x))) for x in numbers]
    if kind == "multilabel":
        counts = Counter(label for target in targets for label in target or ())
        return [min(t, key=lambda x: (counts[x], x)) if t else "" for t in targets]
    if kind == "tagging":
        return [""] * len(targets)
    return ["" if target is None else str(target) for target in targets]


def _count(labelled: np.ndarray, units: Units, asked: int) -> int:
    """How many folds: as asked for; else five, or one a group where there are fewer groups."""
    if not asked and not units.groups:
        return FOLDS
    part = _take(units, np.flatnonzero(labelled))
    most = len(set(join(part.keys, part.groups)))
    count = asked or min(FOLDS, most)
    if not 3 <= count <= most:
        what = "groups" if units.groups else "different inputs"
        raise DataError(
            f"{asked or 'three'} folds need as many {what} with a label; found {most:,}: ask for "
            f"fewer `folds` (at least 3){', or leave `group` out' if units.groups else ''}"
        )
    return count


def _folds(labelled: np.ndarray, units: Units, folds: int, known: Known) -> Assigned:
    index = np.flatnonzero(labelled)
    forced = {key: fold for key, fold in known.folds.items() if fold < folds}
    dealt = _deal(_take(units, index), [1 / folds] * folds, forced)
    fold = np.full(len(labelled), -1)
    fold[index] = dealt
    for row, number in zip(index.tolist(), dealt.tolist(), strict=True):
        known.folds.setdefault(units.keys[row], number)
    splits = []
    for number in range(folds):
        split = np.full(len(labelled), "train", dtype="<U5")
        split[fold == number] = "test"
        split[fold == (number + 1) % folds] = "dev"
        splits.append(split)
    final = np.where(fold == 0, "dev", "train").astype("<U5")
    grouped = ", grouped" if units.groups else ""
    return Assigned(tuple(splits), final, f"{folds} stratified folds{grouped}")


def _mend(given: np.ndarray, groups: Sequence[str]) -> dict[tuple[Split, Split], tuple[int, ...]]:
    """Take rows out, in place, whose group stands in dev or test too; the group "" says nothing."""
    rows = [(row, group) for row, group in enumerate(groups) if group]
    held = {part: {group for row, group in rows if given[row] == part} for part in ("dev", "test")}
    torn: dict[tuple[Split, Split], tuple[int, ...]] = {}
    for split, against in GIVES_WAY:
        out = [row for row, group in rows if given[row] == split and group in held[against]]
        if out:
            given[out] = ""
            torn[split, against] = tuple(out)
    return torn


def _cut(
    given: np.ndarray, labelled: np.ndarray, units: Units, known: Known, name: Split, share: float
) -> None:
    """Move a share of the labelled training rows into another split, in place."""
    index = np.flatnonzero(labelled & (given == "train"))
    part = _take(units, index)
    forced = {key: int(split == name) for key, split in known.splits.items()}
    if part.groups:
        chosen = _deal(part, [1 - share, share], forced)
    else:
        chosen = _lowest(part, share, forced)
    given[index[chosen == 1]] = name


def _take(units: Units, index: np.ndarray) -> Units:
    rows = index.tolist()
    groups = [units.groups[i] for i in rows] if units.groups else ()
    return Units([units.keys[i] for i in rows], [units.strata[i] for i in rows], groups, units.seed)


def _hash(key: str, seed: int) -> float:
    digest = hashlib.blake2b(f"{seed}:{key}".encode(), digest_size=8).digest()
    return float(int.from_bytes(digest, "big") / 2**64)


def _lowest(units: Units, share: float, forced: Mapping[str, int]) -> np.ndarray:
    """1 for the keys of lowest hash in each stratum, up to `share` of it; else 0."""
    by_key: dict[str, list[int]] = defaultdict(list)
    for row, key in enumerate(units.keys):
        by_key[key].append(row)
    by_stratum: dict[str, list[tuple[float, str]]] = defaultdict(list)
    chosen = np.zeros(len(units.keys), dtype=int)
    for key, rows in by_key.items():
        if key in forced:
            chosen[rows] = forced[key]
        else:
            stratum = _common([units.strata[row] for row in rows])
            by_stratum[stratum].append((_hash(key, units.seed), key))
    seen = taken = 0
    for _, ranked in sorted(by_stratum.items()):
        # Rounding is carried on to the next stratum; a class with one row stays in train.
        seen += len(ranked)
        number = min(max(round(share * seen) - taken, 0), len(ranked) - 1)
        taken += number
        for _, key in sorted(ranked)[:number]:
            chosen[by_key[key]] = 1
    return chosen


def _common(values: Sequence[str]) -> str:
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value))


def _deal(units: Units, shares: Sequence[float], forced: Mapping[str, int]) -> np.ndarray:
    """Deal units into bins, largest first, each to the bin that most lacks its labels.

    A unit is all rows of one key, or of one group and whatever shares a key with it.
    """
    names = {name: i for i, name in enumerate(sorted(set(units.strata)))}
    want = np.array(shares)
    have = np.zeros((len(shares), len(names)))
    total = np.zeros(len(names))
    chosen = np.zeros(len(units.keys), dtype=int)
    for stratum in units.strata:
        total[names[stratum]] += 1
    for rows in _ordered(units):
        counts = np.zeros(len(names))
        for row in rows:
            counts[names[units.strata[row]]] += 1
        fixed = [forced[units.keys[row]] for row in rows if units.keys[row] in forced]
        number = fixed[0] if fixed else _neediest(want, have, total, counts)
        have[number] += counts
        chosen[rows] = number
    return chosen


def _ordered(units: Units) -> list[list[int]]:
    members: dict[int, list[int]] = defaultdict(list)
    for row, unit in enumerate(join(units.keys, units.groups)):
        members[unit].append(row)
    smallest = {unit: min(units.keys[row] for row in rows) for unit, rows in members.items()}

    def rank(unit: int) -> tuple[int, float]:
        return -len(members[unit]), _hash(smallest[unit], units.seed)

    return [members[unit] for unit in sorted(members, key=rank)]


def _neediest(want: np.ndarray, have: np.ndarray, total: np.ndarray, counts: np.ndarray) -> int:
    # Lacking rows of the unit's labels decide (relative to how many there are, so that rare labels
    # count); then lacking rows altogether; then the first bin.
    lack = want[:, None] * total - have
    by_label = (lack * counts / np.maximum(total, 1)).sum(axis=1) / want
    altogether = (want * total.sum() - have.sum(axis=1)) / want
    order = sorted(
        range(len(want)), key=lambda b: (-round(by_label[b], 9), -round(altogether[b], 9), b)
    )
    return order[0]
