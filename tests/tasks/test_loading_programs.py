import polars as pl
import pytest

from polytask._errors import ConfigError
from polytask.tasks import load, write_task_file

FILE = """tasks:
  mood: {data: {train: a.csv, dev: b.csv, test: c.csv}, input: text, target: mood}
  reply: {program: reply.py, input: INPUT}
"""


@pytest.fixture
def place(tmp_path):
    for name in "abc":
        rows = [{"text": f"{name} {n}", "mood": "good" if n % 2 else "bad"} for n in range(20)]
        pl.DataFrame(rows).write_csv(tmp_path / f"{name}.csv")
    return tmp_path


def test_a_program_without_a_target_is_no_task_to_learn(place):
    (place / "tasks.yaml").write_text(FILE.replace("INPUT", "text"))
    found = load(place / "tasks.yaml")
    assert list(found) == ["mood"]
    assert found["reply"].kind == "program"
    assert found["reply"].inputs == found["mood"].inputs
    (place / "again").mkdir()
    write_task_file(found, place / "again/tasks.yaml")
    assert load(place / "again/tasks.yaml")["reply"] == found["reply"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{program: reply.py, input: txt}", "did you mean 'text'"),
        ("{program: reply.py}", "lacks `input`"),
        ("{program: reply.py, target: mood}", "lacks `data`"),
        ("{program: reply.py, input: text, kind: program}", "unknown `kind` 'program'"),
        ("{input: text, distil: true}", "lacks `data`"),
    ],
)
def test_a_program_that_lacks_something_is_refused(place, line, told):
    (place / "tasks.yaml").write_text(FILE.replace("{program: reply.py, input: INPUT}", line))
    with pytest.raises(ConfigError, match=told):
        load(place / "tasks.yaml")
