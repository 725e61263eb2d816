"""Real servers, where they are installed: nginx, nghttpd, an HTTP proxy, a SOCKS5 proxy.

Without one its tests are skipped; `.ci/servers` installs them all.
"""

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
    from collections.abc import Callable, Generator
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
        listen 127.0.0.1:{secure} ssl http2;
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
def running(count: int, command_for: Callable[..., list[str]]) -> Generator[list[int]]:
    """Run a server on `count` ports until the tests are over, and yield the ports; ready when it listens."""
    command: list[str] = []
    for _ in range(3):
        ports = free_ports(count)
        command = command_for(*ports)
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                if not all(_listens(process, port) for port in ports):
                    # Somebody else may have taken a port meanwhile.
                    continue
                yield ports
                return
            finally:
                process.terminate()
    pytest.fail(f"this does not start, three times over: {command}")


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    until = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return True
    return False


class Secured(NamedTuple):
    """A server with TLS, and what trusts it."""

    url: str
    trust: ssl.SSLContext


def certified(folder: Path) -> ssl.SSLContext:
    """Put a certificate for this machine into `server.pem`; return what trusts it."""
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    return trust


@pytest.fixture(scope="session")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Generator[Nginx]:
    """An nginx with files, redirects, gzip, TLS, HTTP/2, and connections that end after three requests."""
    binary = program("nginx")
    folder: Path = tmp_path_factory.mktemp("nginx")
    files = folder / "files"
    files.mkdir()
    (files / "large").write_bytes(bytes(range(256)) * 10_000)
    (files / "slow").write_bytes(bytes(200_000))
    (files / "text.txt").write_text("plain text\n" * 1000)
    trust = certified(folder)
    # The worker of an nginx that root starts is nobody, who may not look into root's temporary folders.
    user = "user root;" if os.geteuid() == 0 else ""

    def command(plain: int, secure: int) -> list[str]:
        (folder / "nginx.conf").write_text(user + NGINX.format(folder=folder, plain=plain, secure=secure))
        return [binary, "-p", str(folder), "-c", str(folder / "nginx.conf")]

    with running(2, command) as (plain, secure):
        yield Nginx(f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{secure}", trust)


@pytest.fixture(scope="session")
def nghttpd(tmp_path_factory: pytest.TempPathFactory) -> Generator[Secured]:
    """An nghttpd that has files, sends uploads back, and ends every response with a trailer."""
    binary = program("nghttpd")
    folder = tmp_path_factory.mktemp("nghttpd")
    (folder / "large").write_bytes(bytes(range(256)) * 10_000)
    (folder / "small").write_bytes(b"small")
    trust = certified(folder)
    pem = str(folder / "server.pem")

    def command(port: int) -> list[str]:
        options = ["-a", "127.0.0.1", "-d", str(folder), "--echo-upload", "--trailer=x-sum: 5", "-m", "20"]
        return [binary, *options, str(port), pem, pem]

    with running(1, command) as (port,):
        yield Secured(f"https://127.0.0.1:{port}", trust)


@pytest.fixture(scope="session")
def tinyproxy(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The URL of a tinyproxy that wants a password."""
    binary = program("tinyproxy")
    path = tmp_path_factory.mktemp("tinyproxy") / "tinyproxy.conf"

    def command(port: int) -> list[str]:
        path.write_text(f"Port {port}\nListen 127.0.0.1\nTimeout 30\nBasicAuth ada lovelace\nMaxClients 50\n")
        return [binary, "-d", "-c", str(path)]

    with running(1, command) as (port,):
        yield f"http://ada:lovelace@127.0.0.1:{port}"


@pytest.fixture(scope="session")
def microsocks() -> Generator[str]:
    """The URL of a microsocks that wants a password."""
    binary = program("microsocks")

    def command(port: int) -> list[str]:
        return [binary, "-i", "127.0.0.1", "-p", str(port), "-u", "ada", "-P", "lovelace"]

    with running(1, command) as (port,):
        yield f"socks5://ada:lovelace@127.0.0.1:{port}"
