"""Digest authentication (RFC 7616): prove to know the password without sending it.

Theory of operation

1. The first request goes out without credentials, and the server answers 401 with a nonce and its terms.
   Of the challenges it offers the strongest is taken, whatever their order; those that cannot be met are ignored.
2. Later requests to the same protection space, that is the same origin and the paths that `domain` names, carry
   credentials at once, each with the next count `nc` of the same nonce. State of one origin is never used for another.
3. A challenge is answered once, and once more where the server says that only the nonce was `stale`. That is the end,
   whatever it says then.
4. Where redirects led to another origin, its challenge is not answered at all.
5. Texts of the challenge are kept as characters below 256, one for each byte received, so that what is hashed and sent
   back are the same bytes.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from ..bodies.streams import SyncByteStream
from ..errors import RemoteProtocolError
from .challenges import Challenge, parse_challenges
from .flow import Auth
from .resend import authorize, leads_elsewhere, with_authorization

if TYPE_CHECKING:
    from collections.abc import Generator

    from ..messages.request import Request
    from ..messages.response import Response
    from ..urls import URL, Origin

# Strongest first. SHA-512 and SHA are not in RFC 7616, but servers ask for them.
_STRENGTH = ("SHA-512-256", "SHA-512", "SHA-256", "SHA", "MD5")
_HASHES = {"SHA-512-256": "sha512_256", "SHA-512": "sha512", "SHA-256": "sha256", "SHA": "sha1", "MD5": "md5"}
_MOST_ORIGINS = 256
_MOST_ANSWERS = 2


class DigestAuth(Auth):
    """Answer Digest challenges: MD5, SHA-256 and SHA-512-256, each with `-sess`, and both qualities of protection.

    `auth-int`, which covers the body, is used only where the server offers nothing else.
    One object may serve several clients and threads; it remembers a nonce for each origin.
    """

    def __init__(self, username: str | bytes, password: str | bytes) -> None:
        self._username = username.encode("utf-8") if isinstance(username, str) else username
        self._password = password.encode("utf-8") if isinstance(password, str) else password
        self._sessions: dict[Origin, _Session] = {}
        self._lock = threading.Lock()

    def auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Send the request, with credentials where a nonce is known, and answer the challenge that comes back."""
        session = self._sessions.get(request.url.origin)
        if session is not None and session.terms.covers(request.url):
            authorize(request, self._credentials(request, session))
        response = yield request
        for answers in range(_MOST_ANSWERS + 1):
            if leads_elsewhere(request, response):
                return
            if response.status_code != 401:
                self._note_next_nonce(request, response)
                return
            terms = _strongest(request, response)
            if terms is None or answers == _MOST_ANSWERS or (answers and not terms.stale):
                self._forget(request)
                return
            # A redirect may have led to another place of the same origin: the question was asked there.
            asked = request if response._request is None else response._request
            session = self._begin(request, terms)
            response = yield with_authorization(asked, self._credentials(asked, session), response)

    def _begin(self, request: Request, terms: _Terms) -> _Session:
        session = _Session(terms)
        with self._lock:
            known = self._sessions.pop(request.url.origin, None)
            if known is not None and known.terms.nonce == terms.nonce:
                # The same nonce once more: its count goes on, or what follows would look like a replay.
                session.count, session.cnonce = known.count, known.cnonce
            self._sessions[request.url.origin] = session
            if len(self._sessions) > _MOST_ORIGINS:
                del self._sessions[next(iter(self._sessions))]
        return session

    def _forget(self, request: Request) -> None:
        with self._lock:
            self._sessions.pop(request.url.origin, None)

    def _note_next_nonce(self, request: Request, response: Response) -> None:
        """Take the nonce that the server wants to see next (RFC 7616, section 3.5)."""
        said = response.headers.get("Authentication-Info", "")
        session = self._sessions.get(request.url.origin)
        if session is not None and "nextnonce" in said.lower():
            # Authentication-Info has the parameters of a challenge, but no scheme.
            for challenge in parse_challenges([f"digest {said[:4096]}"]):
                nonce = challenge.parameters.get("nextnonce")
                if nonce:
                    self._begin(request, session.terms._replace(nonce=nonce))

    def _credentials(self, request: Request, session: _Session) -> str:
        terms = session.terms
        with self._lock:
            session.count += 1
            count = f"{session.count:08x}"
        cnonce = session.cnonce if terms.is_session else os.urandom(8).hex()
        target: str | bytes = request.extensions.get("target") or request.url.raw_path
        if isinstance(target, str):
            target = target.encode("ascii")
        nonce = terms.nonce.encode("latin-1")

        digest = terms.hash
        name = digest(b":".join((self._username, terms.realm.encode("latin-1"), self._password)))
        if terms.is_session:
            name = digest(b":".join((name, nonce, cnonce.encode())))
        action = request.method.encode() + b":" + target
        if terms.quality == "auth-int":
            action += b":" + digest(_body(request))
        parts = [name, nonce, digest(action)]
        if terms.quality:
            parts[2:2] = [count.encode(), cnonce.encode(), terms.quality.encode()]

        fields = [
            *self._name(terms),
            ("realm", _quoted(terms.realm)),
            ("nonce", _quoted(terms.nonce)),
            ("uri", _quoted(target.decode("latin-1"))),
            ("response", _quoted(digest(b":".join(parts)).decode())),
            ("algorithm", terms.algorithm),
        ]
        if terms.opaque is not None:
            fields.append(("opaque", _quoted(terms.opaque)))
        if terms.quality:
            fields += [("qop", terms.quality), ("nc", count)]
        if terms.quality or terms.is_session:
            fields.append(("cnonce", _quoted(cnonce)))
        return "Digest " + ", ".join(f"{key}={value}" for key, value in fields)

    def _name(self, terms: _Terms) -> list[tuple[str, str]]:
        """Return how the user's name is said: hashed, as it is, or percent-encoded (RFC 7616, section 3.4)."""
        if terms.hides_name:
            hidden = terms.hash(self._username + b":" + terms.realm.encode("latin-1")).decode()
            return [("username", _quoted(hidden)), ("userhash", "true")]
        if self._username.isascii():
            return [("username", _quoted(self._username.decode("ascii")))]
        encoded = "".join(
            chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}" for byte in self._username
        )
        return [("username*", f"UTF-8''{encoded}")]

    def __getstate__(self) -> dict[str, Any]:
        # A nonce may be counted in one place only: a copy asks for its own.
        return {"_username": self._username, "_password": self._password}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._sessions = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "DigestAuth(...)"


class _Terms(NamedTuple):
    """A challenge that can be met."""

    realm: str
    nonce: str
    opaque: str | None
    algorithm: str
    hash: Callable[[bytes], bytes]
    strength: int
    quality: str
    domain: tuple[str, ...] | None
    stale: bool
    hides_name: bool

    @property
    def is_session(self) -> bool:
        return self.algorithm.upper().endswith("-SESS")

    def covers(self, url: URL) -> bool:
        """Whether the URL, of the right origin, is in the protection space."""
        path = url.path
        return self.domain is None or any(
            path == covered or path.startswith(covered.rstrip("/") + "/") for covered in self.domain
        )


class _Session:
    """The use of one nonce."""

    __slots__ = ("cnonce", "count", "terms")

    def __init__(self, terms: _Terms) -> None:
        self.terms = terms
        self.count = 0
        # The key of a `-sess` algorithm is made of the first cnonce: keeping it, every reading of the RFC agrees.
        self.cnonce = os.urandom(8).hex()


def _strongest(request: Request, response: Response) -> _Terms | None:
    """Return the best challenge that can be met, `None` where Digest is not asked for.

    Raises `RemoteProtocolError` where it is, but in no way that can be met.
    """
    fields = [value.decode("latin-1") for name, value in response.headers.raw if name.lower() == b"www-authenticate"]
    best: _Terms | None = None
    refused = ""
    try:
        for challenge in parse_challenges(fields):
            if challenge.scheme == "digest":
                terms = _terms(challenge, request.url)
                if isinstance(terms, str):
                    refused = terms
                elif best is None or terms.strength < best.strength:
                    best = terms
    except ValueError as error:
        refused = str(error)
    if best is None and refused:
        raise RemoteProtocolError(
            f"the Digest challenge of {request.method} {request.url.redacted} cannot be answered: {refused}",
            request=request,
        )
    return best


def _terms(challenge: Challenge, url: URL) -> _Terms | str:
    """Return what the challenge demands, or why it cannot be met."""
    said = challenge.parameters
    if "realm" not in said or "nonce" not in said:
        return "it has no " + ("nonce" if "realm" in said else "realm")
    algorithm = said.get("algorithm", "MD5")
    name = algorithm.upper()
    if name.endswith("-SESS"):
        name = name[:-5]
    if name not in _HASHES or not _is_available(_HASHES[name]):
        return f"algorithm {algorithm[:40]!r} is not one of {', '.join(_STRENGTH)}"
    qualities = [quality.strip().lower() for quality in said.get("qop", "").split(",")]
    quality = next((known for known in ("auth", "auth-int") if known in qualities), "")
    if not quality and said.get("qop"):
        return f"its qop {said['qop'][:40]!r} is neither 'auth' nor 'auth-int'"
    return _Terms(
        realm=said["realm"],
        nonce=said["nonce"],
        opaque=said.get("opaque"),
        algorithm=algorithm,
        hash=_hash(_HASHES[name]),
        strength=_STRENGTH.index(name),
        quality=quality,
        domain=_paths(said["domain"], url) if said.get("domain") else None,
        stale=said.get("stale", "").lower() == "true",
        hides_name=said.get("userhash", "").lower() == "true",
    )


def _paths(domain: str, url: URL) -> tuple[str, ...]:
    """Return the paths of the protection space; places at other origins are none of our business."""
    paths: list[str] = []
    for said in domain.split()[:64]:
        try:
            place = url.join(said)
        except ValueError:
            continue
        if place.origin == url.origin:
            paths.append(place.path)
    return tuple(paths)


def _hash(name: str) -> Callable[[bytes], bytes]:
    import hashlib

    def digest(data: bytes) -> bytes:
        # Not for security: FIPS builds have no MD5 otherwise, and what the server asks for is all there is.
        return hashlib.new(name, data, usedforsecurity=False).hexdigest().encode("ascii")

    return digest


def _is_available(name: str) -> bool:
    import hashlib

    return name in hashlib.algorithms_available


def _body(request: Request) -> bytes:
    if request._whole is not None:
        return request._whole
    if isinstance(request.stream, SyncByteStream) and request.is_replayable:
        return b"".join(request.stream)
    raise RemoteProtocolError(
        f"{request.method} {request.url.redacted}: the server asks for qop=auth-int, which covers the body, "
        "but this body was a stream and is gone: pass bytes, or a file that can be read again",
        request=request,
    )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
