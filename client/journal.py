"""What the client writes to the log: one line for each response, and one where it sends again what failed.

The logger is `understudy`.
No line holds a userinfo or a query value, which is where secrets live in URLs.
A program that has not imported `logging` has no handler that could want a line,
so this module does not import it either.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logging import Logger

    from .messages.request import Request
    from .messages.response import Response
    from .urls import URL

_loggers: list[Logger] = []


def _logger() -> Logger | None:
    """Return the logger, where anybody has loaded what logs."""
    if "logging" not in sys.modules:
        return None
    import logging  # which another thread may have begun to load: then it is waited for

    logger = logging.getLogger("understudy")
    _loggers[:] = [logger]
    return logger


def log_response(request: Request, response: Response) -> None:
    """Log a request and the status that came back, at level INFO."""
    logger = _loggers[0] if _loggers else _logger()
    if logger is not None and logger.isEnabledFor(20):  # logging.INFO
        logger.info(
            'HTTP Request: %s %s "%s %d %s"',
            request.method,
            loggable(request.url),
            response.http_version,
            response.status_code,
            response.reason_phrase,
        )


def log_again(doing: str, request: Request, wait: float, after: str) -> None:
    """Log that a request is sent once more, and why: `Retrying GET ... in 0.50 s, after attempt 1: 503`."""
    logger = _logger()
    if logger is not None:
        logger.info("%s %s %s in %.2f s, after %s", doing, request.method, loggable(request.url), wait, after)


def log_enough(request: Request, after: str, why: str) -> None:
    """Log that a request is not sent once more, although it could be."""
    logger = _logger()
    if logger is not None:
        logger.info("Not retrying %s %s after %s: %s", request.method, loggable(request.url), after, why)


def reason(failure: BaseException) -> str:
    """Return what failed, in a word: the status that was answered, or the class of the error."""
    answer = getattr(failure, "response", None)
    return type(failure).__name__ if answer is None else f"{answer.status_code}"


def loggable(url: URL) -> str:
    """Return a URL as it may be written down: without userinfo, the query as `?...`."""
    # The raw path: in the decoded one `%0A` is a line end, and one line could look like two.
    path, _, query = url.raw_path.decode("ascii").partition("?")
    return f"{url.scheme}://{url.netloc.decode('ascii')}{path}{'?...' if query else ''}"
