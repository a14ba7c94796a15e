from polytask.planning.writers.grouping import ALIKE, groups


def names(found):
    return [group.names for group in found]


def test_tasks_of_one_table_stand_together(task):
    found = groups([task("intent", "snips"), task("slots", "snips")])
    assert names(found) == [("intent", "slots")]
    assert "same rows" in found[0].reason


def test_tables_that_one_encoder_reads_are_tried_together(task):
    found = groups([task("a", "t"), task("b", "t"), task("c"), task("d")])
    assert names(found) == [("a", "b"), ("a", "b", "c", "d")]


def test_small_tasks_are_expected_to_gain_from_large_ones(task):
    found = groups([task("small", rows=400), task("large", rows=9000), task("mid", rows=8000)])
    assert "small has at most half the rows of large" in found[0].reason
    even = groups([task("a"), task("b")])
    assert "at most half" not in even[0].reason


def test_modalities_and_language_families_stay_apart(task):
    found = groups(
        [
            task("en", language="en"),
            task("zh", language="zh"),
            task("de", language="de"),
            task("ct", modality="image", language=""),
        ]
    )
    assert names(found) == [("en",), ("zh", "de"), ("ct",)]
    assert "no other task" in found[0].reason


def alike(task, *names, pairs, **figures):
    """Tasks, each on a table of its name, with similarities by pair such as "ab"."""
    by_name = {name: {} for name in names}
    for (one, other), value in pairs.items():
        by_name[one][other] = by_name[other][one] = value
    return [task(name, alike=by_name[name], **figures) for name in names]


def test_the_most_alike_tables_are_tried_before_all(task):
    found = groups(alike(task, *"abcd", pairs={"ac": 0.61, "bd": 0.2, "ab": 0.3}))
    assert names(found) == [("a", "c"), ("a", "b", "c", "d")]
    assert "alike inputs (similarity 0.61" in found[0].reason


def test_a_third_table_joins_by_its_mean_similarity_and_a_fourth_never(task):
    pairs = {"ab": 0.7, "bc": 0.6, "ac": 0.3, "ad": 0.9, "bd": 0.9, "cd": 0.9}
    near = {pair: value for pair, value in pairs.items() if "d" not in pair}
    assert names(groups(alike(task, *"abcd", pairs=near)))[0] == ("a", "b", "c")
    far = {**near, "ac": 0.1}
    assert names(groups(alike(task, *"abcd", pairs=far)))[0] == ("a", "b")
    assert max(len(group) for group in names(groups(alike(task, *"abcde", pairs=pairs)))[:-1]) == 3


def test_alike_tables_are_a_part_of_the_whole(task):
    everything = {"ab": 0.9, "bc": 0.9, "ac": 0.8}
    assert names(groups(alike(task, *"abc", pairs=everything))) == [("a", "b"), ("a", "b", "c")]
    assert names(groups(alike(task, *"ab", pairs={"ab": 0.9}))) == [("a", "b")]


def test_two_groups_of_alike_tables_are_enough(task):
    pairs = {"ab": 0.5, "cd": 0.7, "ef": 0.6}
    found = groups(alike(task, *"abcdef", pairs=pairs))
    assert set(names(found)[:-1]) == {("c", "d"), ("e", "f")}


def test_what_is_less_alike_than_the_bar_is_not_proposed(task):
    assert len(groups(alike(task, *"abc", pairs={"ab": ALIKE - 0.01}))) == 1
    assert len(groups(alike(task, *"abc", pairs={"ab": ALIKE}))) == 2


def test_tags_and_labels_of_texts_are_not_paired_by_their_inputs(task):
    labels = alike(task, *"ab", pairs={"ab": 0.1})
    tags = [task("c", kind="tagging", alike={"a": 0.9, "b": 0.5})]
    assert len(groups([*labels, *tags])) == 1
    both = [task("d", "c", alike={"a": 0.9, "b": 0.5})]  # the same table has labels too
    labels[0].alike["c"] = 0.9
    assert ("a", "c", "d") in names(groups([*labels, *tags, *both]))


def test_all_tasks_of_alike_tables_come_along_in_their_order(task):
    rows = {"rows": 900}
    tasks = [
        task("x1", "x", alike={"y": 0.5}),
        task("y1", "y", alike={"x": 0.5}, **rows),
        task("x2", "x", alike={"y": 0.5}),
        task("z"),
    ]
    found = groups(tasks)[1]
    assert found.names == ("x1", "y1", "x2")
    assert "y1 has at most half the rows of x1" in found.reason


def test_no_task_no_group():
    assert groups([]) == []
