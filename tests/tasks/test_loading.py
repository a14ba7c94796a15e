"""Loading as a user meets it: sources, tables, splits, faults."""

import io
import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from PIL import Image

from polytask._errors import ConfigError, DataError
from polytask.tasks import load

COLOURS = ["red", "green", "blue"]


def rows(count, first=0):
    return [
        {
            "text": f"the {COLOURS[i % 3]} thing was seen {i} times",
            "colour": COLOURS[i % 3],
            "size": i * 0.5,
        }
        for i in range(first, first + count)
    ]


def codes(taskset):
    return {finding.code: finding for finding in taskset.findings}


def check_small(taskset):
    assert list(taskset) == ["colour", "size"]
    assert (taskset["colour"].kind, taskset["size"].kind) == ("multiclass", "regression")
    assert taskset["colour"].labels == ("blue", "green", "red")
    assert len(taskset.tables) == 1
    assert all(task.reason for task in taskset.tasks.values())


def test_memory_in_every_form():
    data = rows(90)
    frames = [data, pl.DataFrame(data), pl.DataFrame(data).lazy(), pd.DataFrame(data)]
    loaded = [load(frame) for frame in frames]
    for taskset in loaded:
        check_small(taskset)
        assert taskset.source == "memory"
        table = next(iter(taskset.tables.values()))
        assert table.frame.equals(next(iter(loaded[0].tables.values())).frame)


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl", "parquet", "csv.gz"])
def test_files_in_every_form(tmp_path, form):
    frame = pl.DataFrame(rows(90))
    path = tmp_path / f"things.{form}"
    if form == "parquet":
        frame.write_parquet(path)
    elif form == "jsonl":
        frame.write_ndjson(path)
    elif form == "csv.gz":
        import gzip

        path.write_bytes(gzip.compress(frame.write_csv().encode()))
    else:
        frame.write_csv(path, separator="\t" if form == "tsv" else ",")
    taskset = load(path)
    check_small(taskset)
    assert list(taskset.tables) == ["things"]
    assert taskset.source == str(path)


def test_official_splits_by_file_name_and_missing_dev(tmp_path):
    pl.DataFrame(rows(300)).write_csv(tmp_path / "train.csv")
    pl.DataFrame(rows(60, 300)).write_csv(tmp_path / "test.csv")
    taskset = load(tmp_path)
    fold = taskset.fold(["colour"])
    train, dev = (next(iter(part.values())) for part in (fold.train, fold.dev))
    test = next(iter(taskset.test(["colour"]).values()))
    assert (len(train) + len(dev), len(test)) == (300, 60)
    assert 28 <= len(dev) <= 32
    assert "10% of train cut for dev" in codes(taskset)["split"].message


def test_split_column():
    data = [
        dict(row, split=["train", "train", "val", "test"][i % 4]) for i, row in enumerate(rows(80))
    ]
    final = next(iter(load(data).tables.values())).final.tolist()
    assert (final.count("train"), final.count("dev"), final.count("test")) == (40, 20, 20)


def test_splits_by_key():
    frames = {"train": pl.DataFrame(rows(80)), "test": pl.DataFrame(rows(30, 80))}
    final = next(iter(load(frames).tables.values())).final
    assert (final[80:] == "test").all()


def test_single_large_file_is_cut():
    final = next(iter(load(rows(1200)).tables.values())).final.tolist()
    assert (final.count("test"), final.count("dev")) == (240, 120)


def test_stated_columns_win():
    data = [dict(row, note=f"seen by {i % 7}", code=i % 9) for i, row in enumerate(rows(90))]
    taskset = load(data, inputs=["note", "text"], targets=["code"], kinds={"code": "regression"})
    (task,) = taskset.tasks.values()
    assert (task.name, task.kind) == ("code", "regression")
    assert [column.name for column in task.inputs] == ["note", "text"]
    assert load(data, targets=["code"])["code"].kind == "multiclass"


def test_columns_not_used_are_said_with_their_reason():
    data = [{**row, "patient": f"p{i // 3}", "id": i} for i, row in enumerate(rows(90))]
    finding = codes(load(data))["ignored_column"]
    assert (finding.count, finding.severity) == (2, "info")
    assert "'id' (an identifier, by its name)" in finding.message
    assert "can be a `group`" in finding.message


def test_names_that_clash_are_prefixed():
    taskset = load({"shop": pl.DataFrame(rows(60)), "web": pl.DataFrame(rows(60, 60))})
    assert set(taskset) == {"shop_colour", "shop_size", "web_colour", "web_size"}
    assert set(taskset.tables) == {"shop", "web"}


def test_same_file_with_other_inputs_is_another_table(tmp_path):
    data = [dict(row, title=f"about {row['colour']} number {i}") for i, row in enumerate(rows(90))]
    pl.DataFrame(data).write_csv(tmp_path / "d.csv")
    (tmp_path / "tasks.yaml").write_text(
        "tasks:\n  a: {data: d.csv, input: text, target: colour}\n"
        "  b: {data: d.csv, input: text, target: size}\n"
        "  c: {data: d.csv, input: [title, text], target: colour}\n"
    )
    taskset = load(tmp_path / "tasks.yaml")
    assert taskset["a"].table == taskset["b"].table != taskset["c"].table
    assert len(taskset.tables) == 2
    assert set(taskset.origins) == {"a", "b", "c"}


def test_globs_and_map_in_a_task_file(tmp_path):
    for i in range(3):
        pl.DataFrame(rows(30, 30 * i)).write_csv(tmp_path / f"part{i}.csv")
    (tmp_path / "tasks.yaml").write_text(
        "tasks:\n  warm: {data: 'part*.csv', input: text, target: colour, "
        "map: {red: warm, green: cold, blue: cold}}\n"
    )
    taskset = load(tmp_path / "tasks.yaml")
    assert taskset["warm"].labels == ("cold", "warm")
    assert taskset["warm"].kind == "binary"
    assert next(iter(taskset.tables.values())).frame.height == 90


def test_folds_grouped_on_request(tmp_path):
    data = [dict(row, patient=f"p{i // 5}") for i, row in enumerate(rows(150))]
    pl.DataFrame(data).write_csv(tmp_path / "d.csv")
    (tmp_path / "tasks.yaml").write_text(
        "tasks:\n  a: {data: d.csv, input: text, target: colour, "
        "split: {folds: 5, group: patient}}\n"
    )
    (table,) = load(tmp_path / "tasks.yaml").tables.values()
    assert (table.folds, table.group) == (5, "patient")
    assert list(table.groups) == [row["patient"] for row in data]
    for fold in table.splits:
        assert all(len(set(fold[i : i + 5].tolist())) == 1 for i in range(0, 150, 5))


def test_order_of_rows_changes_no_split():
    data = rows(1100)
    order = np.random.default_rng(0).permutation(1100)
    (straight,) = load(data).tables.values()
    (mixed,) = load([data[i] for i in order]).tables.values()
    assert (straight.final[order] == mixed.final).all()


def test_duplicates_across_tables_leave_training():
    shared_rows = [
        {"text": row["text"].upper(), "mood": "ab"[i % 2]} for i, row in enumerate(rows(150, 150))
    ]
    more = [{"text": f"quite another text {i}", "mood": "ab"[i % 2]} for i in range(200)]
    both = load({"first": pl.DataFrame(rows(300)), "mood": pl.DataFrame(shared_rows + more)})
    one, two = both.tables["first"], both.tables["mood"]
    where = {text.lower(): i for i, text in enumerate(one.frame["text"])}
    for fold, other in zip(one.splits, two.splits, strict=True):
        for row, text in enumerate(two.frame["text"]):
            mate = where.get(text.lower())
            if mate is not None and other[row] == "train":
                assert fold[mate] == "train"


def test_leaks_within_a_source_are_said():
    frames = {"train": pl.DataFrame(rows(100)), "test": pl.DataFrame(rows(50, 90))}
    taskset = load(frames)
    leaks = [finding for finding in taskset.findings if finding.code == "leak"]
    assert sum(leak.count for leak in leaks) == 10
    assert any("of the train rows stand among its own test rows" in leak.message for leak in leaks)
    (table,) = taskset.tables.values()
    assert (table.final[90:100] == "").all()
    assert (table.final[100:] == "test").all()


def test_conflicting_labels_are_said():
    data = [*rows(100), dict(rows(1)[0], colour="green")]
    finding = codes(load(data))["conflict"]
    assert "'colour'" in finding.message
    assert "row:1" in finding.message


def test_unseen_test_labels_are_kept_and_said():
    test = [dict(row, colour="pink") if i < 5 else row for i, row in enumerate(rows(50, 100))]
    taskset = load({"train": pl.DataFrame(rows(100)), "test": pl.DataFrame(test)})
    assert "pink" not in taskset["colour"].labels
    (part,) = taskset.test(["colour"]).values()
    assert part.targets["colour"].count("pink") == 5
    assert codes(taskset)["unseen_label"].count == 5


def test_unlabelled_rows_are_kept():
    data = [
        dict(row, colour=None if i % 4 == 0 else row["colour"]) for i, row in enumerate(rows(120))
    ]
    taskset = load(data, targets=["colour"])
    (table,) = taskset.tables.values()
    assert table.frame.height == 120
    assert table.frame["colour"].null_count() == 30
    (train,) = taskset.fold(["colour"]).train.values()
    assert None not in train.targets["colour"]


def test_rows_without_input_are_skipped_and_listed(tmp_path):
    data = [dict(row, text="" if i in (3, 7) else row["text"]) for i, row in enumerate(rows(60))]
    pl.DataFrame(data).write_csv(tmp_path / "d.csv")
    taskset = load(tmp_path / "d.csv")
    finding = codes(taskset)["bad_row"]
    assert finding.count == 2
    assert "d.csv:5" in finding.message
    assert "d.csv:9" in finding.message
    assert next(iter(taskset.tables.values())).frame.height == 58


def test_a_pair_may_lack_one_text():
    data = [{"a": f"left side {i}", "b": "" if i == 0 else f"right side {i}", "y": "uv"[i % 2]}
            for i in range(60)]  # fmt: skip
    taskset = load(data, inputs=["a", "b"], targets=["y"])
    assert next(iter(taskset.tables.values())).frame.height == 60


def test_late_gaps_in_numbers(tmp_path):
    lines = ["text,size", *[f"thing number {i},{i}.5" for i in range(80)], "thing,n/a"]
    (tmp_path / "d.csv").write_text("\n".join(lines))
    taskset = load(tmp_path / "d.csv")
    assert taskset["size"].kind == "regression"
    assert "d.csv:82 ('n/a')" in codes(taskset)["bad_number"].message


def test_tokens_and_tags(tmp_path):
    data = [
        {"tokens": ["a", f"w{i}", "c"], "tags": ["O", "I-x", "I-x"], "topic": "uv"[i % 2]}
        for i in range(60)
    ]
    data[5]["tags"] = ["O"]
    (tmp_path / "d.jsonl").write_text("\n".join(map(json.dumps, data)))
    taskset = load(tmp_path / "d.jsonl")
    assert taskset["tags"].kind == "tagging"
    assert taskset["tags"].metric == "span_f1"
    assert taskset["tags"].labels == ("B-x", "I-x", "O")
    assert taskset["tags"].table == taskset["topic"].table
    assert "d.jsonl:6 (1 tags, 3 tokens)" in codes(taskset)["uneven_tags"].message
    assert codes(taskset)["repaired_tags"].count == 59


def test_tags_as_words_when_the_kind_is_stated():
    data = [{"text": f"see Paris {i}", "ner": "O B-loc O"} for i in range(60)]
    data += [{"text": f"see nobody {i}", "ner": "O O O"} for i in range(60)]
    taskset = load(data, inputs=["text"], targets=["ner"], kinds={"ner": "tagging"})
    assert taskset["ner"].inputs[0].tokens
    (train,) = taskset.fold(["ner"]).train.values()
    assert all(len(t) == len(w) for t, w in zip(
        train.targets["ner"], train.inputs.values["text"], strict=True))  # fmt: skip


def image(shade):
    out = io.BytesIO()
    Image.new("L", (8, 8), shade).save(out, "PNG")
    return out.getvalue()


def test_image_bytes_and_paths(tmp_path):
    data = [{"id": i, "scan": image(i), "finding": "ab"[i % 2]} for i in range(60)]
    data[7]["scan"] = b""
    taskset = load(data)
    assert taskset["finding"].inputs[0].modality == "image"
    assert codes(taskset)["bad_row"].count == 1
    for i in range(60):
        (tmp_path / f"{i}.png").write_bytes(image(i))
    lines = ["path,finding", *[f"{i}.png,{'ab'[i % 2]}" for i in range(60)], "gone.png,a"]
    (tmp_path / "index.csv").write_text("\n".join(lines))
    taskset = load(tmp_path / "index.csv", inputs=["path"], targets=["finding"])
    (train,) = taskset.fold(["finding"]).train.values()
    assert all(path.is_file() for path in train.inputs.values["path"])
    assert "index.csv:62" in codes(taskset)["bad_row"].message


def test_image_folders_with_a_class_a_folder(tmp_path):
    for i in range(40):
        folder = tmp_path / "scans" / ["normal", "abnormal"][i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{i}.png").write_bytes(image(i))
    taskset = load(tmp_path / "scans")
    (task,) = taskset.tasks.values()
    assert (task.kind, task.labels) == ("binary", ("abnormal", "normal"))
    (train,) = taskset.fold([task.name]).train.values()
    assert all(path.is_file() for path in train.inputs.values["image"])


REFUSED = {
    "no such file": (("none.csv", {}), r"none\.csv"),
    "no such target": (("d.csv", {"targets": ["color"]}), r"'color': did you mean 'colour'"),
    "no such input": (("d.csv", {"inputs": ["txt"]}), r"'txt': did you mean 'text'"),
    "constant": (("d.csv", {"targets": ["same"]}), r"'same' .*constant"),
    "missing everywhere": (("d.csv", {"targets": ["gap"]}), r"'gap'.* is empty in every row"),
    "unique": (("d.csv", {"targets": ["text"], "inputs": ["colour"]}), r"each of its 60 rows"),
    "words as numbers": (
        ("d.csv", {"targets": ["colour"], "kinds": {"colour": "regression"}}),
        r"d\.csv:2, column 'colour': 'red' is no number",
    ),
    "input as target": (("d.csv", {"inputs": ["text"], "targets": ["text"]}), r"each of its|both"),
    "nothing recognised": (("texts.csv", {}), r"No task was recognised.*--target.*targets=\[…\]"),
    "one good line": (("bad.jsonl", {}), r"No task was recogn.*1 of 2 lines cannot be read.*nl:2"),
    "too few rows": (("few.csv", {"targets": ["colour"]}), r"4 labelled rows.*at least 5"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    data = [dict(row, same="x", gap="") for row in rows(60)]
    pl.DataFrame(data).write_csv("d.csv")
    pl.DataFrame(data[:4] * 1).select("text", pl.col("colour").replace("blue", "red")).write_csv(
        "few.csv"
    )
    pl.DataFrame(data).select("text").write_csv("texts.csv")
    (tmp_path / "bad.jsonl").write_text('{"text": "a", "y": 1}\n{"text":\n', encoding="utf-8")
    (name, options), message = REFUSED[case]
    with pytest.raises(DataError, match=message):
        load(name, **options)


def test_wrong_arguments(tmp_path):
    data = rows(60)
    with pytest.raises(ConfigError, match=r"`kind` names 'color'.*did you mean 'colour'"):
        load(data, kinds={"color": "binary"})
    with pytest.raises(ConfigError, match=r"unknown `kind` 'multclass'"):
        load(data, kinds={"colour": "multclass"})
    with pytest.raises(DataError, match=r"found int"):
        load(3)
    with pytest.raises(DataError, match=r"at least one row; found list"):
        load([])
    (tmp_path / "tasks.yaml").write_text("tasks: {}")
    with pytest.raises(ConfigError, match=r"tasks\.yaml says inputs, targets and kinds itself"):
        load(tmp_path / "tasks.yaml", targets=["a"])


def test_task_file_faults_name_the_task(tmp_path):
    pl.DataFrame(rows(60)).write_csv(tmp_path / "d.csv")
    path = tmp_path / "tasks.yaml"
    faults = {
        "input: txt, target: colour": (DataError, r"no column 'txt': did you mean 'text'"),
        "input: text, target: color": (DataError, r"no column 'color'"),
        "input: text, target: colour, kind: binary": (DataError, r"has 3 labels"),
        "input: text, target: text": (ConfigError, r"both `input` and `target`"),
        "input: text, target: colour, metric: mae": (ConfigError, r"for multiclass 'mae'"),
        "input: text, target: colour, split: size": (DataError, r"d\.csv:2.*names no split"),
        "input: text, target: colour, group: grp": (DataError, r"no column 'grp'"),
    }
    for text, (error, message) in faults.items():
        path.write_text(f"tasks:\n  a: {{data: d.csv, {text}}}\n")
        with pytest.raises(error, match=message):
            load(path)


def test_strange_text_is_kept(tmp_path):
    strange = [
        "x" * 10_000 + " end",
        "😀 smile now",
        "שלום לכם כולם",
        "tab\tand more",
        "“quoted” text",
    ]
    data = [{"text": f"{strange[i % 5]} {i}", "y": "ab"[i % 2]} for i in range(60)]
    pl.DataFrame(data).write_csv(tmp_path / "d.csv")
    (table,) = load(tmp_path / "d.csv").tables.values()
    assert table.frame["text"].to_list() == [row["text"] for row in data]


def test_inputs_stay_untouched(tmp_path):
    pl.DataFrame(rows(60)).write_csv(tmp_path / "d.csv")
    before = (tmp_path / "d.csv").read_bytes()
    load(tmp_path)
    assert (tmp_path / "d.csv").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["d.csv"]
