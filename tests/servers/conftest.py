"""Real servers, where they are installed: nginx, an HTTP proxy, a SOCKS5 proxy. Without one its tests are skipped."""

# trustme says part of its types in terms of a package that is not installed.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import pytest
import trustme

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_PLACES = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin"))

NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 1m;
    gzip on;
    gzip_min_length 1;
    gzip_types text/plain;
    default_type text/plain;
    server {{
        listen 127.0.0.1:{plain};
        listen 127.0.0.1:{secure} ssl;
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.pem;
        keepalive_requests 3;
        root {folder}/files;
        location /echo {{ return 200 "$request_method $request_uri $http_x_test"; }}
        location /moved {{ return 302 /echo; }}
        location /empty {{ return 204; }}
        location /slow {{ limit_rate 20k; }}
        location /hangup {{ return 444; }}
    }}
}}
"""


class Nginx(NamedTuple):
    """A running nginx."""

    plain: str
    secure: str
    trust: ssl.SSLContext


def program(name: str) -> str:
    """Return the path of a program, or skip the test."""
    found = shutil.which(name, path=_PLACES)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(opened.getsockname()[1]) for opened in sockets]
    for opened in sockets:
        opened.close()
    return ports


@contextmanager
def running(command: list[str], port: int) -> Generator[None]:
    """Run a server until the tests are over; ready when it listens."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until = time.monotonic() + 10
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    if time.monotonic() > until or process.poll() is not None:
                        pytest.fail(f"{command[0]} does not start")
                    time.sleep(0.02)
            yield
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Generator[Nginx]:
    """An nginx with files, redirects, gzip, TLS, and connections that end after three requests."""
    binary = program("nginx")
    folder: Path = tmp_path_factory.mktemp("nginx")
    files = folder / "files"
    files.mkdir()
    (files / "large").write_bytes(bytes(range(256)) * 40_000)
    (files / "slow").write_bytes(bytes(200_000))
    (files / "text.txt").write_text("plain text\n" * 1000)
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    plain, secure = free_ports(2)
    # The worker of an nginx that root starts is nobody, who may not look into root's temporary folders.
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(user + NGINX.format(folder=folder, plain=plain, secure=secure))
    with running([binary, "-p", str(folder), "-c", str(folder / "nginx.conf")], plain):
        yield Nginx(f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{secure}", trust)


@pytest.fixture(scope="session")
def tinyproxy(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The URL of a tinyproxy that wants a password."""
    binary = program("tinyproxy")
    (port,) = free_ports(1)
    path = tmp_path_factory.mktemp("tinyproxy") / "tinyproxy.conf"
    path.write_text(f"Port {port}\nListen 127.0.0.1\nTimeout 30\nBasicAuth ada lovelace\nMaxClients 50\n")
    with running([binary, "-d", "-c", str(path)], port):
        yield f"http://ada:lovelace@127.0.0.1:{port}"


@pytest.fixture(scope="session")
def microsocks() -> Generator[str]:
    """The URL of a microsocks that wants a password."""
    binary = program("microsocks")
    (port,) = free_ports(1)
    with running([binary, "-i", "127.0.0.1", "-p", str(port), "-u", "ada", "-P", "lovelace"], port):
        yield f"socks5://ada:lovelace@127.0.0.1:{port}"
