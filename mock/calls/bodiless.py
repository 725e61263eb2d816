"""What a log keeps of messages whose bodies it must not hold: everything else."""

from __future__ import annotations

from typing import Any, NoReturn

from ...client import ByteStream, Headers, Request, Response

_TOLD = "this router records no bodies: make it with record_bodies=True, which is the default"


class BodilessRequest(Request):
    """A request of which the body was let go."""

    def __init__(self, request: Request) -> None:
        super().__init__(request.method, request.url)
        self.headers: Headers = request.headers
        # Not what the network or the client's layers may have put there: that can hold anything.
        self.extensions: dict[str, Any] = {
            name: value for name, value in request.extensions.items() if name in ("operation", "timeout", "deadline")
        }

    @property
    def content(self) -> NoReturn:
        raise RuntimeError(_TOLD)

    def read(self) -> NoReturn:
        raise RuntimeError(_TOLD)


class BodilessResponse(Response):
    """A response of which the body was let go."""

    def __init__(self, response: Response, request: Request) -> None:
        super().__init__(response.status_code, headers=response.headers, stream=ByteStream(b""), request=request)

    @property
    def content(self) -> NoReturn:
        raise RuntimeError(_TOLD)

    def read(self) -> NoReturn:
        raise RuntimeError(_TOLD)
