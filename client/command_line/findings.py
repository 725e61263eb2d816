"""What is wrong on the way to a server, and what mends it: judged from what an examination has found."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, NamedTuple

from ..errors import ProxyError, RemoteProtocolError, RequestError, TimeoutException
from ..network.failures import speaks_no_tls
from ..retry import http_timestamp
from .certificates import root_store
from .examination import MOST_HOPS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .examination import Hop

_SOON = 14
_SKEW = 60
# The codes of OpenSSL's verification, from its x509_vfy.h.
_MENDS = {
    9: "the clock of this machine may be wrong; else the certificate is not good yet",
    10: "renew it on the server; until then nobody can be sure who answers",
    18: "trust it with verify='/path/to/that-certificate.pem', or give the server one of an authority",
    19: "trust the authority at its top: SSL_CERT_FILE=/path/to/ca.pem, or verify='/path/to/ca.pem'",
    20: "the server must send its intermediate certificates; or, in a company network, trust the authority of its "
    "proxy: SSL_CERT_FILE=/path/to/ca.pem",
    21: "the server must send its intermediate certificates; or trust its authority: verify='/path/to/ca.pem'",
    62: "use one of the names that it is for, or give the server a certificate for this one",
    64: "use one of the names that it is for, or give the server a certificate for this address",
}


class Finding(NamedTuple):
    """One thing to know. What `is_wrong` ends the command with status 1."""

    problem: str
    mend: str
    is_wrong: bool = True


def findings(hops: Sequence[Hop], now: float) -> list[Finding]:
    """Return what is wrong, and what is only worth knowing, in the order of the way."""
    found = [finding for hop in hops for finding in _of(hop, now)]
    last = hops[-1]
    if last.leads_to is not None:
        if any(str(hop.url) == str(last.leads_to) for hop in hops):
            found.append(
                Finding(
                    f"the redirects go around in a circle, back to {last.leads_to.redacted}",
                    "the server must lead out of it",
                )
            )
        else:
            found.append(Finding(f"there are more than {MOST_HOPS} redirects", "the server must lead there directly"))
    return found


def _of(hop: Hop, now: float) -> Iterator[Finding]:
    yield from _addresses(hop)
    if hop.error is not None:
        yield _error(hop, hop.error)
        return
    if hop.tls is not None and hop.tls.chain:
        days = hop.tls.chain[0].days_left(now)
        if days < _SOON:
            yield Finding(f"the certificate of {hop.url.host} ends in {days} days", "renew it on the server", False)
    if hop.leads_to is not None and hop.url.scheme == "https" and hop.leads_to.scheme == "http":
        yield Finding(
            f"{hop.url.host} leads from https to http: from there on, everybody on the way can read and change all",
            "the server must lead to https; clients can refuse: redirect_policy=understudy.refuse_downgrade",
        )
    yield from _answer(hop, now)


def _addresses(hop: Hop) -> Iterator[Finding]:
    host = hop.url.host
    if hop.unresolved:
        yield Finding(
            f"the name {host} has no address: {hop.unresolved}",
            "check how it is written, and the name server of this machine (/etc/resolv.conf); "
            "in a company network a proxy may be needed: https_proxy=http://...",
        )
        return
    failed = [attempt for attempt in hop.attempts if attempt.failure]
    if failed and len(failed) < len(hop.attempts):
        said = "; ".join(f"{attempt.address}: {attempt.failure}" for attempt in failed)
        yield Finding(
            f"{len(failed)} of {len(hop.attempts)} addresses of {host} cannot be reached: {said}",
            "clients go on to the others, and lose up to 250 ms for each",
            False,
        )


def _error(hop: Hop, error: Exception) -> Finding:
    said = " ".join(str(error).split())
    if isinstance(error.__cause__, ssl.SSLCertVerificationError):
        return _untrusted(hop, error.__cause__)
    if isinstance(error, ProxyError) or hop.choice.proxy is not None:
        why = f"the proxy is {hop.choice.shown}, because {hop.choice.why}"
        return Finding(said, f"{why}; no_proxy={hop.url.host} goes past it")
    port = hop.url.port or f"of {hop.url.scheme}"
    if speaks_no_tls(error.__cause__):
        said = f"what listens at {hop.url.host}, port {port}, speaks no TLS"
        return Finding(said, "ask for http:// where that is meant, or for another port")
    if hop.attempts and all("refused" in attempt.failure.lower() for attempt in hop.attempts):
        return Finding(f"nothing listens at {hop.url.host}, port {port}", "start the server, or check the port")
    return Finding(said, _mend(error))


def _untrusted(hop: Hop, cause: ssl.SSLCertVerificationError) -> Finding:
    names = ", ".join(hop.shown_certificates[0].names[:5]) if hop.shown_certificates else ""
    shown = f"; it is for {names}" if names and cause.verify_code in (62, 64) else ""
    return Finding(
        f"the certificate of {hop.url.host} is not trusted: {cause.verify_message.rstrip('.')}{shown}",
        _MENDS.get(cause.verify_code, f"what is trusted here is {root_store()}"),
    )


def _mend(error: Exception) -> str:
    if isinstance(error, TimeoutException):
        return "a firewall that drops packets looks like this; or the server takes longer: --timeout 30"
    if isinstance(error, RemoteProtocolError):
        return "what answers there breaks the rules of HTTP: is it a web server at all?"
    if isinstance(error, RequestError) and error.request.url.scheme == "http":
        return "try again; a server that wants https:// may end connections like this"
    return "try again; if it stays, ask whoever runs the server"


def _answer(hop: Hop, now: float) -> Iterator[Finding]:
    response = hop.response
    if response is None:
        return
    if response.status_code >= 500:
        yield Finding(
            f"{hop.url.host} answers with {response.status_code} {response.reason_phrase}",
            "the server has to be mended, or is down for a while",
        )
    elif response.status_code >= 400:
        yield Finding(
            f"{hop.url.host} answers with {response.status_code} {response.reason_phrase}",
            "the way is fine; the request is not what the server wants",
            False,
        )
    date = http_timestamp(response.headers.get("date", ""))
    # A cache may keep an answer, and its date, for a while.
    skew = 0.0 if date is None or "age" in response.headers else now - date
    if abs(skew) > _SKEW:
        which = "ahead of" if skew > 0 else "behind"
        yield Finding(
            f"the clock of this machine is {abs(skew):,.0f} s {which} that of {hop.url.host}",
            "set the clock: certificates, tokens and signatures depend on it",
        )
