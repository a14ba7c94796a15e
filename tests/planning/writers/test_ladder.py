from dataclasses import replace

from polytask.planning.budget import parse
from polytask.planning.checks import check_text
from polytask.planning.writers.ladder import SETTINGS
from polytask.planning.writers.rules import write


def test_recipes_that_are_asked_for_come_first(vocabulary, task, profile):
    asked = ("FineTune(epochs=2, balancer=Equal())", "KernelProbe()", "TopLayers()")
    image = {"modality": "image", "language": "", "mean_length": 0.0}
    found = replace(profile(task("a", "s"), task("b", "s"), task("ct", **image)), recipes=asked)
    text = write(found, budget=parse("5m"))
    check_text(text, vocabulary)
    steps = text.partition("STEPS = [")[2].partition("\n]")[0]
    order = [line.strip() for line in steps.splitlines() if line.strip().startswith("(")]
    tried = {task: [line for line in order if f'"{task}"' in line] for task in ("a", "ct")}
    assert [line.partition(", [")[0] for line in tried["a"][:2]] == [f"({asked[0]}", f"({asked[2]}"]
    assert [line.partition(", [")[0] for line in tried["ct"][:3]] == [f"({one}" for one in asked]
    assert len(tried["a"]) == 2 + len(SETTINGS["text"])
    assert "# Asked for in the task file; about" in steps
    assert "    Equal,\n" in text
