from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")

# Another thread is in the middle of an import when the process forks; the child imports the same module.
FORKS = """
import importlib.abc, importlib.machinery, os, signal, sys, threading, warnings
import understudy
from understudy.client.network import forks

understudy.Client  # loads the client
warnings.simplefilter("ignore", DeprecationWarning)  # threads and forks: that they can be hard to combine is the point
begun, go_on = threading.Event(), threading.Event()

class Slow(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path, target=None):
        return importlib.machinery.ModuleSpec(name, self) if name == "understudy.client.slow" else None

    def exec_module(self, module):
        begun.set()
        go_on.wait(60)
        module.is_whole = True

def elsewhere():
    {elsewhere}

sys.meta_path.insert(0, Slow())
threading.Thread(target=elsewhere).start()
begun.wait(60)
threading.Timer(0.2, go_on.set).start()
child = os.fork()
if child == 0:
    signal.alarm(30)
    import understudy.client.slow
    with forks.lock, forks.tls_lock:
        os._exit(0 if understudy.client.slow.is_whole else 1)
_, status = os.waitpid(child, 0)
with forks.lock:
    sys.exit(status != 0)
"""


@pytest.mark.parametrize(
    "elsewhere",
    [
        "import understudy.client.slow",
        # As a first request does: one module after the other, while it opens its pool.
        "with forks.lock: begun.set(); go_on.wait(60); import understudy.client.slow",
    ],
)
def test_a_fork_waits_for_imports_of_other_threads_which_its_child_could_never_end(elsewhere: str) -> None:
    forked = subprocess.run(
        [sys.executable, "-c", FORKS.format(elsewhere=elsewhere)],
        timeout=90,
        check=False,
        capture_output=True,
        text=True,
    )

    assert (forked.returncode, forked.stderr) == (0, "")
