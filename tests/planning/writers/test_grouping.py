from polytask.planning.writers.grouping import groups


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


def test_no_task_no_group():
    assert groups([]) == []
