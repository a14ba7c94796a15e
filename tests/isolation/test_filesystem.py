"""Filesystem manipulation: nothing outside is changed, and nothing is left behind."""

import numpy as np
import pytest

PATH = "path = inputs['path']\nfolder = os.path.dirname(path)\n"


@pytest.mark.parametrize(
    "body",
    [
        "open(path, 'w').write('x')",
        "open(path, 'a').write('x')",
        "open(path, 'r+').write('x')",
        "open(folder + '/new', 'w').write('x')",
        "open('/tmp/new', 'w').write('x')",
        "open('/etc/cron.d/new', 'w').write('x')",
        "open(os.path.expanduser('~/.bashrc'), 'a').write('x')",
        "import numpy; open(numpy.__file__, 'a').write('x')",
        "import sys; open(sys.executable, 'r+b').write(b'x')",
        "open('/dev/sda', 'wb').write(b'x')",
        "open('/dev/shm/x', 'wb').write(b'x')",
        "open('/proc/sys/kernel/core_pattern', 'w').write('x')",
        "os.remove(path)",
        "os.rename(path, folder + '/new')",
        "os.mkdir(folder + '/new')",
        "os.rmdir(folder)",
        "import shutil; shutil.rmtree(folder)",
        "os.symlink('/etc/passwd', folder + '/new')",
        "os.symlink('/etc/passwd', '/tmp/new')",
        "os.link(path, folder + '/new')",
        "os.mkfifo(folder + '/new')",
        "os.mknod('/tmp/new', 0o600 | 0x2000, os.makedev(1, 1))",
        "os.chmod(path, 0o777)",
        "os.chown(path, 65534, 65534)",
        "os.utime(path, (0, 0))",
        "os.setxattr(path, 'user.x', b'x')",
        "os.truncate(path, 0)",
        "import fcntl, sys; fcntl.flock(os.open(os.__file__, os.O_RDONLY), fcntl.LOCK_EX)",
        "import tempfile; tempfile.NamedTemporaryFile().write(b'x')",
        "file = os.memfd_create('x'); os.write(file, b'x')",
        "import sqlite3; sqlite3.connect(path).execute('create table x (y)')",
        "call(165, b'none', b'/tmp', b'tmpfs', 0, 0)",
        "os.chroot(folder)",
        "call(272, 0x10000000)",
        "call(452, -100, path.encode(), 0o777, 0)",
        "call(76, path.encode(), 0)",
        "call(463, -100, path.encode(), 0, b'user.x', bytes(16), 16)",
    ],
)
def test_nothing_is_written_changed_or_deleted(refused, canary, secret, body):
    before = canary.stat()
    if "sqlite3" in body:
        body = body.replace("; sqlite3", "\ntry: sqlite3") + (
            "\nexcept sqlite3.OperationalError as error: raise OSError(str(error))"
        )
    refused(PATH + body + "\nreturn {}", {"path": str(canary)})
    after = canary.stat()
    assert canary.read_text() == secret
    assert (after.st_mode, after.st_uid, after.st_mtime_ns, after.st_nlink) == (
        before.st_mode,
        before.st_uid,
        before.st_mtime_ns,
        before.st_nlink,
    )
    assert not (canary.parent / "new").exists()


def test_a_file_handed_in_is_read_and_not_changed(attempt, canary, secret):
    body = f"return {{'text': open({str(canary)!r}).read()}}"
    assert attempt(body, files=[canary]) == {"text": secret}
    body = (
        f"try: open({str(canary)!r}, 'w')\nexcept OSError: return {{'refused': True}}\nreturn {{}}"
    )
    assert attempt(body, files=[canary]) == {"refused": True}
    assert canary.read_text() == secret


def test_its_neighbours_are_not_read(attempt, tmp_path, canary):
    given = tmp_path / "given.txt"
    given.write_text("given")
    body = f"try: return {{'text': open({str(canary)!r}).read()}}\nexcept OSError: return {{}}"
    assert attempt(body, files=[given]) == {}


def test_a_folder_handed_in_does_not_lead_out_by_a_link(attempt, tmp_path, canary):
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "link").symlink_to(canary)
    np.save(folder / "x.npy", np.arange(3))
    body = (
        f"import numpy\nx = numpy.load({str(folder / 'x.npy')!r})\n"
        f"try: return {{'x': x, 'text': open({str(folder / 'link')!r}).read()}}\n"
        "except OSError: return {'x': x}"
    )
    found = attempt(body, files=[folder])
    assert set(found) == {"x"}
    assert found["x"].tolist() == [0, 1, 2]
