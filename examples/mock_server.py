"""The same routes on a port of this machine, for programs that are not Python. Run with pytest."""

from __future__ import annotations

import sys
from subprocess import run

from understudy import mock

# Any program would do: curl, a browser, a service in another language.
PROGRAM = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())"


def test_another_program_is_answered() -> None:
    router = mock.Router(base_url="https://api.test/v1")
    user = router.get("/users/{id:int}").respond(json={"name": "Ada"})

    with router.serve() as server:
        done = run([sys.executable, "-c", PROGRAM, f"{server.url}/users/7"], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == '{"name":"Ada"}'
    assert user.last.request.url == "https://api.test/v1/users/7"
