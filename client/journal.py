"""What the client writes to the log: one line for each response.

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


def log_response(request: Request, response: Response) -> None:
    """Log a request and the status that came back, at level INFO."""
    if not _loggers:
        logging = sys.modules.get("logging")
        if logging is None:
            return
        _loggers.append(logging.getLogger("understudy"))
    logger = _loggers[0]
    if logger.isEnabledFor(20):  # logging.INFO
        logger.info(
            'HTTP Request: %s %s "%s %d %s"',
            request.method,
            loggable(request.url),
            response.http_version,
            response.status_code,
            response.reason_phrase,
        )


def loggable(url: URL) -> str:
    """Return a URL as it may be written down: without userinfo, the query as `?...`."""
    # The raw path: in the decoded one `%0A` is a line end, and one line could look like two.
    path, _, query = url.raw_path.decode("ascii").partition("?")
    return f"{url.scheme}://{url.netloc.decode('ascii')}{path}{'?...' if query else ''}"
