"""The cassette that was committed last, to compare the one at hand with."""

from __future__ import annotations

import contextlib
import os
import subprocess
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Generator


@contextlib.contextmanager
def committed(path: str, revision: str = "HEAD") -> Generator[str]:
    """Put what a revision of git holds beside the file, where its bodies are, and yield the name of that."""
    if os.path.isdir(path):
        raise click.UsageError(f"{path} is a folder: name one tape, or two to compare")
    folder, name = os.path.split(os.path.realpath(path))
    command = ["git", "show", f"{revision}:./{name}"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    except FileNotFoundError as error:
        raise click.UsageError("git: with one tape, it is compared with the one in git") from error
    if done.returncode:
        why = done.stderr.decode("utf-8", "replace").strip()
        raise click.UsageError(f"git has no {revision} of {path}: {why}\nName two tapes to compare them without git.")
    # The name that the recorder gives to what it is about to write: what a kill leaves behind is tidied up.
    copy = os.path.join(folder, f".{name}.{os.getpid()}-{revision.replace('/', '-')}.tmp")
    with open(copy, "xb") as file:
        file.write(done.stdout)
    try:
        yield copy
    finally:
        os.unlink(copy)
