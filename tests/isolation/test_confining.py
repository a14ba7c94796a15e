"""The list of refused calls, and that a process which cannot be shut in says so."""

import json
import subprocess
import sys
from pathlib import Path

import polytask.isolation.confining as confining
import polytask.isolation.inside as inside
from polytask.isolation.confining import DENIED, landlock_version


def test_no_call_is_listed_twice():
    numbers = [number for group in DENIED.values() for number in group]
    assert len(numbers) == len(set(numbers))
    assert all(0 <= number < 500 for number in numbers)


def test_the_filter_fits_into_one_program():
    most = 4096  # instructions of a filter, set by the kernel
    assert 2 * sum(len(group) for group in DENIED.values()) < most


def test_the_version_of_landlock_is_a_number():
    assert landlock_version() in range(100)


def test_what_cannot_be_shut_in_ends_before_the_code_is_read():
    options = {"seconds": 5, "memory": 2**30, "readable": ["/absent"], "landlock": True}
    path = str(Path(confining.__file__).with_name("inside.py"))
    done = subprocess.run(
        [sys.executable, path, json.dumps(options)], input=b"no message", capture_output=True
    )
    assert done.returncode == inside.REFUSED
    assert done.stdout == b""
    assert b"it could not be shut in" in done.stderr
