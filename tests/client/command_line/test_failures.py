from __future__ import annotations

import pytest

import understudy
from understudy.cassettes import NoMatch
from understudy.client.command_line.failures import described, exit_status


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (understudy.ConnectError("x"), 3),
        (understudy.ReadError("x"), 3),
        (understudy.ProxyError("x"), 3),
        (understudy.ConnectTimeout("x"), 4),
        (understudy.DeadlineExceeded("x"), 4),
        (understudy.RemoteProtocolError("x"), 5),
        (understudy.IncompleteBody("x"), 5),
        (understudy.DecodingError("x"), 5),
        (understudy.TooManyRedirects("x"), 5),
        (understudy.LocalProtocolError("x"), 2),
        (understudy.UnsupportedProtocol("x"), 2),
        (understudy.InvalidURL("x"), 2),
        (FileNotFoundError(2, "No such file", "a.txt"), 6),
        (NoMatch("x", mend="Record it."), 6),
        (ValueError("a bug"), None),
    ],
)
def test_every_kind_of_end_has_a_status(error: Exception, status: int | None) -> None:
    assert exit_status(error) == status


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (understudy.ReadError("two\nlines  of it"), "ReadError: two lines of it"),
        (understudy.ReadTimeout(""), "ReadTimeout"),
        (understudy.ReadTimeout("allow more with Timeout(read=...)"), "ReadTimeout: allow more with --timeout SECONDS"),
        (FileNotFoundError(2, "No such file", "a.txt"), "a.txt: No such file"),
        (NoMatch("none\n  nearest", mend="Record it."), "none\n  nearest\nRecord it."),
    ],
)
def test_an_error_is_one_line_unless_it_explains_itself(error: Exception, said: str) -> None:
    assert described(error) == said
