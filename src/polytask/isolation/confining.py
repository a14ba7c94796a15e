"""What a process takes from itself, for good: files, network, processes, memory, time.

Standard library alone, and nothing of `polytask`: the process inside runs this before it reads any
code. Written for Linux on x86-64: the numbers below are those of its system calls.

Landlock bounds which files may be read (Salaün, Landlock: unprivileged access control, Linux 5.13,
2021). It knows nothing of times, owners and modes of files, of UDP or of watching folders, so a
seccomp filter refuses those calls, and all that make processes, sockets or signals.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_VERSION_OF_LANDLOCK = 1  # flag of the first call: only say which version the kernel has
_WRITE_FILE, _READ_FILE, _READ_DIR = 2, 4, 8
_FILE_RIGHTS = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 5: 0xFFFF}  # all there are, since which version
_NET_RIGHTS, _SCOPES = (4, 3), (6, 3)  # since version: bind and connect; sockets and signals
_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER, _CAPSET = 38, 22, 2, 126
_NEW_USER, _NEW_NET, _NEW_NAMES = 0x10000000, 0x40000000, 0x04000000
_X86_64, _X32 = 0xC000003E, 0x40000000
_ALLOW, _ERROR, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_EPERM, _ENOSYS = 1, 38
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # of BPF
_CLONE, _CLONE3, _TGKILL, _PRLIMIT, _THREAD = 56, 435, 234, 302, 0x10000

DENIED = {
    "sockets": (41, 42, 43, 44, 45, 46, 47, 49, 50, 53, 288, 299, 307),
    "asynchronous calls, which the filter would not see": (425, 426, 427),
    "processes and programs": (57, 58, 59, 322),
    "signals": (62, 129, 200, 297, 424),
    "sessions and groups, by which a process is ended with all it has started": (109, 112),
    "other processes": (101, 310, 311, 312, 434, 438, 440, 448),
    "priorities and places of processes": (141, 142, 144, 203, 251, 256, 279, 314),
    "namespaces, roots and mounts": (
        155,
        161,
        165,
        166,
        272,
        308,
        428,
        429,
        430,
        431,
        432,
        433,
        442,
    ),
    "memory and queues that processes share": (
        29,
        30,
        31,
        64,
        65,
        66,
        67,
        68,
        69,
        70,
        71,
        220,
        240,
        241,
    ),
    "modes and owners of files": (90, 91, 92, 93, 94, 260, 268, 452),
    "times of files": (132, 235, 261, 280),
    "attributes of files": (*range(188, 200), 463, 464, 465, 466),
    "devices, locks and lengths of files": (73, 76, 133, 259),
    "watching files": (253, 254, 294, 300, 301),
    "files by handle": (303, 304),
    "clocks": (159, 164, 227, 305),
    "names of the machine": (170, 171),
    "the kernel": (
        103,
        135,
        163,
        167,
        168,
        169,
        172,
        173,
        175,
        176,
        179,
        246,
        298,
        313,
        320,
        321,
        323,
        443,
    ),
    "keys": (248, 249, 250),
    "a terminal": (153,),
}
"""Numbers of the system calls that are refused, by what they are for."""

_libc = ctypes.CDLL(None, use_errno=True)


def confine(seconds: int, memory: int, readable: Sequence[str], landlock: bool) -> None:
    """Take all rights but computing from this process; it must have one thread.

    Args:
        seconds: Of computing, after which it is killed.
        memory: Bytes of address space.
        readable: Files and folders that may still be read; for Landlock.
        landlock: Whether files are bounded here, or have been by bubblewrap.

    Raises:
        OSError: The kernel does not do it.
    """
    if landlock:
        _leave_names()
    _limit(seconds, memory)
    _check(_libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "no_new_privs")
    if landlock:
        _bound_files(readable)
    _drop_capabilities()
    _filter_calls()


def landlock_version() -> int:
    """The version of Landlock that the kernel has; 0 for none."""
    return max(0, int(_libc.syscall(_LANDLOCK_CREATE, None, 0, _VERSION_OF_LANDLOCK)))


def _leave_names() -> None:
    """A network and a host name of its own where the kernel gives them to this user.

    A second wall: sockets are refused in any case, and a host name is no secret worth a refusal.
    """
    wanted = _NEW_NET | _NEW_NAMES | (0 if os.geteuid() == 0 else _NEW_USER)
    if _libc.unshare(wanted) == 0:
        _libc.sethostname(b"isolated", 8)


def _limit(seconds: int, memory: int) -> None:
    limits = {
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_FSIZE: 0,  # no file can be written, not even one in memory
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 256,
        resource.RLIMIT_MEMLOCK: 0,
    }
    for kind, most in limits.items():
        resource.setrlimit(kind, (most, most))


def _bound_files(readable: Sequence[str]) -> None:
    version = landlock_version()
    if version == 0:
        raise OSError("the kernel has no Landlock")
    rights = max(value for since, value in _FILE_RIGHTS.items() if since <= version)
    nets, scopes = (bits if version >= since else 0 for since, bits in (_NET_RIGHTS, _SCOPES))
    attributes = struct.pack("QQQ", rights, nets, scopes)
    rules = _check(_libc.syscall(_LANDLOCK_CREATE, attributes, len(attributes), 0), "Landlock")
    for path in readable:
        _allow(rules, path, _READ_FILE | (_READ_DIR if Path(path).is_dir() else 0))
    _allow(rules, "/dev/null", _READ_FILE | _WRITE_FILE)
    _check(_libc.syscall(_LANDLOCK_RESTRICT, rules, 0), "Landlock")
    os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    beneath = 1  # the only kind of rule about files
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", rights, opened)
        _check(_libc.syscall(_LANDLOCK_ADD, rules, beneath, rule, 0), f"Landlock for {path}")
    finally:
        os.close(opened)


def _drop_capabilities() -> None:
    """What makes root more than another user, such as raising its limits again."""
    header = struct.pack("Ii", 0x20080522, 0)  # the third version of this call, for this process
    _check(_libc.syscall(_CAPSET, header, bytes(24)), "capset")


def _filter_calls() -> None:
    steps = [_step(_LOAD, 4), _step(_EQUAL, _X86_64, 1, 0), _step(_RETURN, _KILL), _step(_LOAD, 0)]
    steps += [_step(_AT_LEAST, _X32, 0, 1), _step(_RETURN, _KILL)]
    for number in (number for numbers in DENIED.values() for number in numbers):
        steps += [_step(_EQUAL, number, 0, 1), _step(_RETURN, _ERROR | _EPERM)]
    # glibc then makes threads by clone, whose flags the filter can see
    steps += [_step(_EQUAL, _CLONE3, 0, 1), _step(_RETURN, _ERROR | _ENOSYS)]
    steps += _only(_CLONE, _ANY_BIT, _THREAD)
    steps += _only(_TGKILL, _EQUAL, os.getpid())
    steps += _only(_PRLIMIT, _EQUAL, 0)
    steps += [_step(_RETURN, _ALLOW)]
    code = ctypes.create_string_buffer(b"".join(steps))
    program = struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code))
    _check(_libc.prctl(_SECCOMP, _FILTER, program, 0, 0), "seccomp")


def _only(number: int, test: int, value: int) -> list[bytes]:
    """Allow a call only if its first argument passes a test."""
    return [
        _step(_EQUAL, number, 0, 4),
        _step(_LOAD, 16),
        _step(test, value, 0, 1),
        _step(_RETURN, _ALLOW),
        _step(_RETURN, _ERROR | _EPERM),
    ]


def _step(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("HBBI", code, then, otherwise, value)


def _check(found: int, what: str) -> int:
    if found < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return found
