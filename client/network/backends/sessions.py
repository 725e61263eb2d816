"""TLS sessions kept, so that the next connection to the same name needs no full handshake.

A session belongs to the context that made it, to the name that was verified then, and to how it was verified: it is
offered for no other.
Contexts of another class (truststore's) verify for themselves, after the handshake, what a resumed one does not show
again: they are left alone.
There is no lock: the garbage collector closes connections, too, and would wait for the thread that it interrupts. Each
change is one step.
"""

from __future__ import annotations

import ssl
from weakref import WeakKeyDictionary

_MOST = 256
_Key = tuple[str, ssl.VerifyMode, bool]
_known: WeakKeyDictionary[ssl.SSLContext, dict[_Key, ssl.SSLSession]] = WeakKeyDictionary()


def session_for(context: ssl.SSLContext, hostname: str | None) -> ssl.SSLSession | None:
    """Return the session to offer."""
    if hostname is None:
        return None
    sessions = _known.get(context)
    return None if sessions is None else sessions.get((hostname, context.verify_mode, context.check_hostname))


def keep_session(tls: ssl.SSLObject | ssl.SSLSocket) -> None:
    """Remember the session of a connection that is about to be closed, if it can be resumed."""
    context, hostname, session = tls.context, tls.server_hostname, tls.session
    if session is None or not session.has_ticket or type(context) is not ssl.SSLContext or not hostname:
        return
    sessions = _known.get(context)
    if sessions is None:
        sessions = _known.setdefault(context, {})
    key = (hostname, context.verify_mode, context.check_hostname)
    sessions.pop(key, None)
    sessions[key] = session
    while len(sessions) > _MOST:
        # The oldest.
        sessions.pop(list(sessions)[0], None)  # noqa: RUF015  # in one step
