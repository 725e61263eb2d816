"""What a TLS connection agreed on, and the certificates that it showed."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_DAY = 86_400


@dataclass(frozen=True)
class Certificate:
    """Whose it is, who vouches for it, and how long."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    begins: float
    ends: float

    def days_left(self, now: float | None = None) -> int:
        """Return how many whole days it is good for; negative where it has expired."""
        return int((self.ends - (time.time() if now is None else now)) // _DAY)

    @property
    def is_root(self) -> bool:
        """Whether it vouches for itself."""
        return self.subject == self.issuer


class TLSFacts(NamedTuple):
    """What one connection agreed on."""

    version: str
    cipher: str
    alpn: str
    chain: tuple[Certificate, ...]


def tls_facts(tls: Any) -> TLSFacts:
    """Return the facts of an `ssl.SSLSocket` or `ssl.SSLObject`."""
    cipher: Any = tls.cipher()
    return TLSFacts(str(tls.version()), str(cipher[0]), tls.selected_alpn_protocol() or "", tuple(_chain(tls)))


def _chain(tls: Any) -> list[Certificate]:
    """Return the chain, the server's own certificate first; Python 3.9 tells that one only."""
    inner: Any = getattr(tls, "_sslobj", None)
    for name in ("get_verified_chain", "get_unverified_chain"):
        found: Any = getattr(inner, name, lambda: None)()
        if found:
            return [_certificate(shown.get_info()) for shown in found]
    info: Any = tls.getpeercert()
    return [_certificate(info)] if info else []


def _certificate(info: dict[str, Any]) -> Certificate:
    import ssl

    return Certificate(
        subject=_name(info.get("subject", ())),
        issuer=_name(info.get("issuer", ())),
        names=tuple(str(value) for _, value in info.get("subjectAltName", ())),
        begins=ssl.cert_time_to_seconds(info["notBefore"]),
        ends=ssl.cert_time_to_seconds(info["notAfter"]),
    )


def _name(parts: Sequence[Sequence[tuple[str, str]]]) -> str:
    """Return what people call the owner of a certificate."""
    said = dict(pair for part in parts for pair in part)
    for word in ("commonName", "organizationName", "organizationalUnitName"):
        if word in said:
            return said[word]
    return "nobody"


def root_store() -> str:
    """Return where the authorities come from that this environment trusts."""
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        if os.environ.get(name):
            return f"{name}={os.environ[name]}"
    from importlib.metadata import version

    import certifi

    return f"certifi {version('certifi')} ({certifi.where()})"
