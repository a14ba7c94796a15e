"""The door of the room."""

import pytest

import polytask.tasks as door


def test_every_name_of_the_door_opens():
    for name in door.__all__:
        assert getattr(door, name) is not None
    assert callable(door.profile)
    assert callable(door.load)


def test_an_unknown_name_is_refused():
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        _ = door.lod
