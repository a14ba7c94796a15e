"""YAML read with suspicion."""

import pytest

from polytask._errors import ConfigError
from polytask.tasks.task_file_yaml import read_yaml


def write(folder, text):
    path = folder / "tasks.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_scalar_stays_text(tmp_path):
    read = read_yaml(write(tmp_path, "a: no\nb: {1: 2020-01-01, yes: 0x10}\nc: [1.50, ~]\n"))
    assert read == {"a": "no", "b": {"1": "2020-01-01", "yes": "0x10"}, "c": ["1.50", "~"]}


def test_aliases_are_read(tmp_path):
    assert read_yaml(write(tmp_path, "a: &x {p: q}\nb: *x\n"))["b"] == {"p": "q"}


BAD = {
    "tag": ("a: 1\nb: !!python/object/apply:os.system ['ls']\n", r"tasks\.yaml:2: YAML tags"),
    "own tag": ("a: !secret x\n", r"tasks\.yaml:1: YAML tags are not read.*!secret"),
    "doubled": ("tasks:\n  a: 1\n  b: 2\n  a: 3\n", r"tasks\.yaml:4: 'a' stands twice.*line 2"),
    "doubled in one line": ("{a: 1, a: 2}\n", r"'a' stands twice"),
    "broken": ("a: [1\nb: 2\n", r"tasks\.yaml:2: no valid YAML"),
    "no mapping": ("- a\n", r"begins with `tasks:`"),
    "empty": ("", r"begins with `tasks:`"),
    "strange key": ("? [a]\n: b\n", r"a key is a name"),
    "itself": ("a: &x [*x]\n", r"holds itself|no valid YAML"),
    "two documents": ("a: 1\n---\nb: 2\n", r"no valid YAML"),
}


@pytest.mark.parametrize("case", BAD)
def test_refused(tmp_path, case):
    text, message = BAD[case]
    with pytest.raises(ConfigError, match=message):
        read_yaml(write(tmp_path, text))


def test_a_bomb_is_refused(tmp_path):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    with pytest.raises(ConfigError, match=r"aliases expand to more than 50,000"):
        read_yaml(write(tmp_path, "\n".join(lines)))


def test_deep_nesting_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"nest"):
        read_yaml(write(tmp_path, "a: " + "[" * 400 + "]" * 400))


def test_a_large_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"at most 1,048,576"):
        read_yaml(write(tmp_path, "a: 1 # " + "x" * 2**20))


def test_no_file_and_no_text(tmp_path):
    with pytest.raises(ConfigError, match=r"no task file .*polytask init"):
        read_yaml(tmp_path / "none.yaml")
    (tmp_path / "b.yaml").write_bytes(b"a: \xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"not UTF-8"):
        read_yaml(tmp_path / "b.yaml")
