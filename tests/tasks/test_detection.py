"""Roles of columns: the golden table over the shared sets, and small tables of our own."""

import json
from pathlib import Path

import polars as pl
import pytest

from polytask._errors import DataError
from polytask.tasks.detection import Role, detect

GOLDEN = json.loads(Path(__file__).with_name("golden_columns.json").read_text(encoding="utf-8"))
SHARED = Path(__file__).parents[2].parent / "shared" / "data"
WORDS = [
    "the",
    "cat",
    "sat",
    "on",
    "a",
    "mat",
    "while",
    "it",
    "rained",
    "in",
    "the",
    "old",
    "town",
    "all",
    "night",
    "long",
]


def short(role: Role) -> str:
    if role.role == "input":
        return "tokens" if role.tokens else role.modality
    return role.kind or role.role


def roles(columns: dict[str, list[object]], **stated: list[str]) -> dict[str, str]:
    found = detect(pl.DataFrame(columns, strict=False), "t", **stated)
    return {name: short(role) for name, role in found.roles.items()}


def texts(rows: int) -> list[object]:
    return [f"{WORDS[i % 13]} {WORDS[i % 7]} number {i}" for i in range(rows)]


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared development data is not there")
def test_golden_table() -> None:
    right, wrong = 0, []
    for name, columns in GOLDEN.items():
        frame = pl.read_parquet(SHARED / name / "train.parquet")
        assert set(frame.columns) == set(columns), name
        for column, role in detect(frame, name).roles.items():
            right += short(role) == columns[column]
            if short(role) != columns[column]:
                wrong.append((name, column, columns[column], short(role), role.reason))
    assert right / (right + len(wrong)) >= 0.95, wrong


SMALL: dict[str, tuple[dict[str, list[object]], dict[str, str]]] = {
    "reviews as csv, all text": (
        {
            "review_id": [str(i) for i in range(60)],
            "review": texts(60),
            "stars": [str(i % 5 + 1) for i in range(60)],
            "price": [f"{i * 1.37:.2f}" for i in range(60)],
            "date": [f"2024-03-{i % 28 + 1:02d}" for i in range(60)],
            "author": [f"user{i}" for i in range(60)],
        },
        {"review_id": "ignored", "review": "text", "stars": "ordinal", "price": "regression",
         "date": "ignored", "author": "ignored"},
    ),
    "tickets with a late n/a": (
        {
            "text": texts(60),
            "queue": ["billing", "tech", "sales"] * 20,
            "hours": [*[str(i % 17) for i in range(59)], "n/a"],
            "priority": ["low", "medium", "high"] * 20,
            "url": [f"https://x.org/{i}" for i in range(60)],
            "lang": ["en", "de"] * 30,
        },
        {"text": "text", "queue": "multiclass", "hours": "regression", "priority": "ordinal",
         "url": "ignored", "lang": "ignored"},
    ),
    "tokens, tags, lists": (
        {
            "tokens": [["a", "b", "c"], ["d", "e"]] * 15,
            "ner": [["O", "B-x", "I-x"], ["O", "O"]] * 15,
            "topics": [["p"], ["p", "q", "r", "p"]] * 15,
            "class_id": [1, 2] * 15,
            "embedding": [[0.1, 0.2], [0.3, 0.4]] * 15,
        },
        {"tokens": "tokens", "ner": "tagging", "topics": "multilabel", "class_id": "ignored",
         "embedding": "ignored"},
    ),
    "image paths": (
        {
            "file": [f"scans/{i}.png" for i in range(40)],
            "finding": ["none", "nodule"] * 20,
            "width": [128, 256] * 20,
            "when": [f"{i % 24}:30" for i in range(40)],
        },
        {"file": "image", "finding": "binary", "width": "ignored", "when": "ignored"},
    ),
    "codes": (
        {
            "note": texts(90),
            "label": [i % 30 for i in range(90)],
            "flag": [True, False, True] * 30,
            "score": [i % 4 for i in range(90)],
            "constant": ["same"] * 90,
            "empty": [None] * 90,
            "uuid": [f"{i:08x}-0000-4000-8000-000000000000" for i in range(90)],
        },
        {"note": "text", "label": "multiclass", "flag": "binary", "score": "ordinal",
         "constant": "ignored", "empty": "ignored", "uuid": "ignored"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SMALL)
def test_small_tables(case: str) -> None:
    columns, expected = SMALL[case]
    assert roles(columns) == expected


def test_what_the_user_states_wins() -> None:
    columns = SMALL["reviews as csv, all text"][0]
    found = roles(columns, inputs=["author"], targets=["price", "review_id"])
    assert found["author"] == "text"
    assert found["review"] == "ignored"
    assert found["stars"] == "ignored"
    assert found["price"] == "regression"
    assert found["review_id"] == "regression"


def test_a_missing_column_offers_the_nearest() -> None:
    with pytest.raises(DataError, match=r"t has no column 'star': did you mean 'stars'"):
        roles(SMALL["reviews as csv, all text"][0], targets=["star"])


def test_free_text_as_target_is_refused() -> None:
    with pytest.raises(DataError, match=r"'review' has another value in each of its 60 rows"):
        roles(SMALL["reviews as csv, all text"][0], targets=["review"])


def test_split_column_is_seen() -> None:
    columns = {"text": texts(30), "split": ["train", "val", "test"] * 10, "y": ["a", "b"] * 15}
    assert roles(columns) == {"text": "text", "split": "split", "y": "binary"}


def test_every_role_has_a_reason() -> None:
    for columns, _ in SMALL.values():
        assert all(
            role.reason for role in detect(pl.DataFrame(columns, strict=False)).roles.values()
        )
