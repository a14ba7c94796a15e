"""Information exposure: what code must not come to know.

The categories are those of SandboxEval (Rabin et al. 2025, arXiv 2504.00018); the scenarios of its
list are written anew from its description.
"""

import os
import socket
from pathlib import Path

import pytest

FILES = [
    *("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/hosts", "/etc/resolv.conf"),
    *("/etc/hostname", "/etc/machine-id", "/etc/sudoers", "/etc/crontab", "/etc/ssl/openssl.cnf"),
    *("/proc/1/environ", "/proc/self/environ", "/proc/self/mem", "/proc/self/maps"),
    *("/proc/1/cmdline", "/proc/mounts", "/proc/version", "/proc/cpuinfo", "/proc/meminfo"),
    *("/proc/net/tcp", "/proc/net/arp", "/proc/net/route", "/proc/kallsyms", "/proc/kcore"),
    *("/sys/class/net/lo/address", "/sys/kernel/vmcoreinfo", "/var/log/syslog", "/dev/mem"),
    *("/dev/kmsg", "/var/run/docker.sock", "/var/run/secrets/kubernetes.io/serviceaccount/token"),
    *("~/.ssh/id_rsa", "~/.bash_history", "~/.netrc", "~/.gitconfig", "~/.aws/credentials"),
]


def test_no_file_of_the_machine_is_read(attempt):
    body = """
read = []
for path in inputs["paths"]:
    try:
        with open(os.path.expanduser(path), "rb") as file:
            file.read(1)
        read.append(path)
    except OSError:
        pass
return {"read": read}
"""
    paths = [str(Path(path).expanduser()) for path in FILES]
    assert attempt(body, {"paths": paths}) == {"read": []}


@pytest.mark.parametrize(
    "body",
    [
        "return {'text': open(inputs['path']).read()}",
        "return {'text': os.read(os.open(inputs['path'], os.O_RDONLY), 99).decode()}",
        "from os.path import basename, dirname\nos.chdir(dirname(inputs['path']))\n"
        "return {'text': open(basename(inputs['path'])).read()}",
        "return {'text': open('/proc/self/root' + inputs['path']).read()}",
        "return {'text': open('/usr/lib/../..' + inputs['path']).read()}",
        "import mmap\nwith open(inputs['path'], 'rb') as file:\n"
        "    return {'text': mmap.mmap(file.fileno(), 0, prot=1)[:].decode()}",
        "import runpy; return {'names': str(runpy.run_path(inputs['path']))}",
        "return {'found': call(2, inputs['path'].encode(), 0)}",
        "return {'found': call(437, -100, inputs['path'].encode(), bytes(24), 24)}",
        "return {'names': os.listdir(os.path.dirname(inputs['path']))}",
        "return {'name': os.getxattr(inputs['path'], 'user.x').decode()}",
    ],
)
def test_a_file_outside_is_not_read(refused, canary, body):
    refused(body, {"path": str(canary)})


@pytest.mark.parametrize(
    "body",
    [
        "return {'all': dict(os.environ)}",
        "import subprocess; return {'all': subprocess.getoutput('env')}",
        "import glob; return {'all': glob.glob(inputs['path'] + '/**', recursive=True)}",
        "return {'all': [(a, c) for a, b, c in os.walk('/tmp')][:1000]}",
        "import gc; return {'all': [str(o) for o in gc.get_objects() if 'CANARY' in str(o)]}",
        "import glob; return {'all': [open(path).read() for path in glob.glob('/proc/*/environ')]}",
        "import sys; return {'all': [sys.argv, sys.path, sys.orig_argv, sys.flags.__repr__()]}",
        "from traceback import walk_stack\n"
        "return {'all': [str(frame.f_globals) for frame, _ in walk_stack(None)]}",
    ],
)
def test_nothing_of_the_caller_shows(silent, tmp_path, body):
    silent(body, {"path": str(tmp_path)})


def test_the_name_of_the_machine_does_not_show(attempt, way):
    name = attempt("return {'name': os.uname().nodename}")["name"]
    if way == "bubblewrap" or os.geteuid() == 0:  # else the kernel may not give a name of its own
        assert name == "isolated"
        assert name != socket.gethostname()


def test_no_open_file_is_inherited(attempt, canary):
    with canary.open() as file:
        os.set_inheritable(file.fileno(), True)
        body = """
found = []
for number in range(3, 200):
    try:
        found.append(os.read(number, 100).decode())
    except OSError:
        pass
return {"found": found}
"""
        assert attempt(body) == {"found": []}


def test_users_are_not_told(attempt):
    found = attempt(
        "import pwd\ntry: return {'names': [p.pw_name for p in pwd.getpwall()]}\n"
        "except (OSError, KeyError): return {'names': []}"
    )
    assert found == {"names": []}


@pytest.mark.parametrize(
    "body",
    [
        "return {'log': call(103, 10, 0, 0)}",
        "return {'x': call(298, bytes(120), 0, -1, -1, 0)}",
        "return {'x': call(101, 16, os.getppid(), 0, 0)}",
        "return {'x': call(310, os.getppid(), 0, 0, 0, 0, 0)}",
        "return {'x': call(434, os.getppid() or 1, 0)}",
        "return {'x': call(303, -100, b'/etc/passwd', bytes(128), bytes(8), 0)}",
        "return {'x': call(254, 0, b'/tmp', 4095)}",
        "return {'x': call(250, 0, -3, 0)}",
    ],
    ids=["kernel log", "perf", "ptrace", "memory", "pidfd", "handle", "watch", "keys"],
)
def test_the_kernel_does_not_help(refused, body):
    refused(body)
