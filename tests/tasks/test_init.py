"""The door of the room."""

import subprocess
import sys

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


def test_loading_needs_no_torch():
    code = (
        "import sys; from polytask.tasks import load, profile; "
        "profile(load([{'text': f'good day {i}', 'y': 'ab'[i % 2]} for i in range(60)])); "
        "sys.exit(any(m in sys.modules for m in ('torch', 'transformers', 'sklearn', 'scipy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
