from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from polytask.learning.part import Part

if TYPE_CHECKING:
    from pathlib import Path


class Silent(Part):
    tasks = MappingProxyType({})
    recipe = "Silent()"

    def scores(self, inputs: Any, tasks: Any) -> dict[str, Any]:
        return {task: len(inputs) for task in tasks}

    def save(self, folder: Path) -> None:
        (folder / "part.json").write_text("{}")

    @property
    def parameters(self) -> int:
        return 10


def test_a_part_that_knows_no_better_takes_four_bytes_a_number_and_cannot_shrink() -> None:
    part = Silent()
    assert part.bytes == 40
    assert part.only([]) is part
