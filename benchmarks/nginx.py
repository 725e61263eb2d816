"""nginx, as the benchmarks of HTTP/1.1 and HTTP/2 talk to it: one process, on a core of its own where there is one."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MEGABYTES = 100
_CONFIGURATION = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors;
events {{ worker_connections 4096; }}
http {{
  access_log off; sendfile on; keepalive_requests 100000000; keepalive_timeout 300s; default_type application/json;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  server {{
    listen 127.0.0.1:{port} backlog=4096{protocol}; root {folder}/files;
    location = /varied {{
      add_header X-Request-Id $request_id; add_header ETag $request_id;
      return 200 '{{"hello": "world", "numbers": [1, 2, 3]}}';
    }}
    location = /json {{ return 200 '{{"hello": "world", "numbers": [1, 2, 3]}}'; }}
  }}
}}
"""


@contextlib.contextmanager
def nginx(core: int | None, *, http2: bool = False) -> Iterator[str]:
    """Run the server, and give its URL: `/json` is small, `/varied` has another head each time, `/large` 100 MB.

    With `http2` it speaks HTTP/2 to those who know that beforehand, and nothing else.
    """
    program = shutil.which("nginx")
    if program is None:
        raise SystemExit("skipped: nginx is not installed")
    with tempfile.TemporaryDirectory(prefix="understudy-nginx-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # nginx's worker is another user
        (folder / "files").mkdir()
        with (folder / "files" / "large").open("wb") as large:
            large.truncate(MEGABYTES * 1_000_000)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        configuration = folder / "nginx.conf"
        protocol = " http2" if http2 else ""
        configuration.write_text(_CONFIGURATION.format(folder=folder, port=port, protocol=protocol))
        pin = [] if core is None else ["taskset", "-c", str(core)]
        with subprocess.Popen([*pin, program, "-c", str(configuration)], stderr=subprocess.DEVNULL) as process:
            try:
                for _ in range(100):
                    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                        break
                    time.sleep(0.05)
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()
