"""Basic credentials (RFC 7617), as Authorization and Proxy-Authorization say them."""

from __future__ import annotations

from base64 import b64encode


def basic_credentials(username: str | bytes, password: str | bytes) -> str:
    """Return the value of the field; texts are encoded as UTF-8.

    Raises `ValueError` for a name with a colon, which cannot be told from the end of the name.
    """
    name = _encoded(username)
    if b":" in name:
        raise ValueError("a user name with a colon cannot be sent with Basic authentication (RFC 7617, section 2)")
    return "Basic " + b64encode(name + b":" + _encoded(password)).decode("ascii")


def _encoded(text: str | bytes) -> bytes:
    return text.encode("utf-8") if isinstance(text, str) else text
