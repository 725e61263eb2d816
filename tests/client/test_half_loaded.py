"""Modules that are looked at only where somebody has loaded them, while another thread has only begun to."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

LOADING = """
import sys, threading
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder

NAME = sys.argv[1]
begun = threading.Event()
looked = threading.Event()

class Slow(MetaPathFinder, Loader):
    def find_spec(self, name, path=None, target=None):
        if name != NAME:
            return None
        self.real = PathFinder.find_spec(name, path)
        inside = self.real.submodule_search_locations
        spec = ModuleSpec(name, self, origin=self.real.origin, is_package=inside is not None)
        spec.submodule_search_locations = inside
        return spec

    def exec_module(self, module):
        begun.set()
        looked.wait(0.5)
        self.real.loader.exec_module(module)

import understudy
from understudy import AsyncClient, Client, HTTPTransport, MockTransport, Response, mock

transport = MockTransport(lambda request: Response(200))
AsyncClient, Client, HTTPTransport, mock.Router
assert NAME not in sys.modules, "it is loaded too early for this test"
sys.meta_path.insert(0, Slow())
loading = threading.Thread(target=__import__, args=(NAME,))
"""
LOOKS = {
    "logging": """
        client = Client(transport=transport)
        loading.start(); begun.wait()
        client.get("https://api.test/")
        """,
    "ssl": """
        loading.start(); begun.wait()
        try:
            HTTPTransport(verify=1.5)
        except TypeError:
            pass
        """,
    "http.cookiejar": """
        loading.start(); begun.wait()
        Client(transport=transport, cookies={"a": "b"})
        """,
    "trio": """
        import asyncio

        async def main():
            async with AsyncClient(trust_env=False) as client:
                loading.start(); begun.wait()
                try:
                    await client.get("http://127.0.0.1:1/")
                except understudy.ConnectError:
                    pass

        asyncio.run(main())
        """,
}


@pytest.mark.parametrize("module", LOOKS)
def test_a_module_that_another_thread_has_begun_to_load_is_no_error(module: str) -> None:
    if module == "trio":
        pytest.importorskip("trio")
    program = f"{LOADING}\n{textwrap.dedent(LOOKS[module])}\nlooked.set()\nloading.join()"
    done = subprocess.run(
        [sys.executable, "-c", program, module], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
