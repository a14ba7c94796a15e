"""How much memory is free, for those who would start a process more."""

from __future__ import annotations

from pathlib import Path

GIB = 1 << 30
_GROUPS = Path("/sys/fs/cgroup")


def free_memory() -> float:
    """Bytes that may be used without swapping: those of the machine, or of the group it runs in.

    Infinity where the system does not say (it is no Linux).
    """
    return min(_free_here(Path("/proc/meminfo")), _free_in_group(_own_group(), _GROUPS))


def _free_here(path: Path) -> float:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except OSError:
        return float("inf")
    figures = dict(line.split(":", 1) for line in lines if ":" in line)
    found = figures.get("MemAvailable", "").split()
    return 1024.0 * int(found[0]) if found else float("inf")


def _own_group() -> str:
    """The control group (version 2) of this process, as a path below the root of groups."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line[3:].strip("/") for line in lines if line.startswith("0::")), "")


def _free_in_group(group: str, root: Path) -> float:
    """What the group and those around it may still take; what can be given back counts as free."""
    place = root / group
    around = [place, *(one for one in place.parents if one.is_relative_to(root))]
    return min(map(_room, around))


def _room(group: Path) -> float:
    try:
        limit = (group / "memory.max").read_text(encoding="ascii").strip()
        used = int((group / "memory.current").read_text(encoding="ascii"))
        facts = (group / "memory.stat").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return float("inf")
    if limit == "max":
        return float("inf")
    figures = dict(line.split(" ", 1) for line in facts if " " in line)
    return float(max(0, int(limit) - used + int(figures.get("inactive_file", "0"))))
