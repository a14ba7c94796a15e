"""External communication: nothing gets in or out but the answer."""

import socket
import threading

import pytest


@pytest.fixture
def listener():
    """A server on this machine; gives its port and the list of who came."""
    came = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        done = threading.Event()

        def wait():
            while not done.is_set():
                try:
                    came.append(server.accept()[1])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=wait)
        thread.start()
        yield server.getsockname()[1], came
        done.set()
        thread.join()


@pytest.mark.parametrize(
    "body",
    [
        "import socket; socket.create_connection(('127.0.0.1', port), 2)",
        "import socket; socket.create_connection(('1.1.1.1', 53), 2)",
        "import socket as s; s.socket(s.AF_INET, s.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', port))",
        "import socket; socket.socket(socket.AF_INET6, socket.SOCK_STREAM).connect(('::1', port))",
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
        "import socket; socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
        "import socket; socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "import socket; socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)",
        "import socket; socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock')",
        "import socket; socket.socket(socket.AF_UNIX).connect('\\0abstract')",
        "import socket; socket.create_server(('0.0.0.0', 0))",
        "import socket; socket.if_nameindex()",
        "import socket; socket.socketpair()",
        "import socket; socket.getaddrinfo('example.org', 80)",
        "import urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{port}', timeout=2)",
        "import urllib.request as u; u.urlopen('http://169.254.169.254/latest', timeout=2)",
        "import http.client as h; h.HTTPSConnection('example.org', timeout=2).request('GET', '/')",
        "import ftplib; ftplib.FTP('127.0.0.1', timeout=2)",
        "import smtplib; smtplib.SMTP('127.0.0.1', port, timeout=2)",
        "import asyncio; asyncio.run(asyncio.open_connection('127.0.0.1', port))",
        "call(41, 2, 1, 0)",
        "call(425, 8, bytes(120))",
        "call(29, 0x706f6c79, 4096, 0o1777)",
        "call(68, 0x706f6c79, 0o1777)",
        "call(240, b'polytask', 0o102, 0o600, 0)",
        "import multiprocessing.shared_memory as m; m.SharedMemory('polytask', True, 64)",
    ],
)
def test_nothing_goes_out_and_nobody_is_met(refused, listener, body):
    port, came = listener
    refused(f"port = inputs['port']\n{body}\nreturn {{}}", {"port": port})
    assert came == []
