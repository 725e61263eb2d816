"""Annotations of GitHub Actions: what a tape or a mock has to say, at the line of the test.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands says how they are written.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

_KEPT = "understudy_annotation"


def is_wanted() -> bool:
    """Whether this run is one of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def annotate(report: pytest.TestReport, error: BaseException) -> None:
    """Keep what is to be said with a report; plain data travels from the workers of pytest-xdist by itself."""
    file, line, _ = report.location
    title = f"{type(error).__name__} in {report.nodeid.rpartition('::')[2]}"
    setattr(report, _KEPT, {"file": file, "line": (line or 0) + 1, "title": title, "text": str(error)})


def lines(reports: list[Any]) -> Iterator[str]:
    """Yield the commands that GitHub Actions reads."""
    for report in reports:
        said: dict[str, Any] | None = getattr(report, _KEPT, None)
        if said is not None:
            place = f"file={_property(said['file'])},line={said['line']},title={_property(said['title'])}"
            yield f"::error {place}::{_escaped(said['text'])}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
