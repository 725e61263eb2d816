"""TLS sessions kept, so that the next connection to the same name needs no full handshake.

A session belongs to the context that made it, to the name that was verified then, and to how it was verified: it is
offered for no other.
Contexts of another class (truststore's) verify for themselves, after the handshake, what a resumed one does not show
again: they are left alone.
"""

from __future__ import annotations

import ssl
import threading
from collections import OrderedDict
from weakref import WeakKeyDictionary

_MOST = 256
_Key = tuple[str, ssl.VerifyMode, bool]
_known: WeakKeyDictionary[ssl.SSLContext, OrderedDict[_Key, ssl.SSLSession]] = WeakKeyDictionary()
_lock = threading.Lock()


def session_for(context: ssl.SSLContext, hostname: str | None) -> ssl.SSLSession | None:
    """Return the session to offer."""
    if hostname is None:
        return None
    with _lock:
        sessions = _known.get(context)
        return None if sessions is None else sessions.get((hostname, context.verify_mode, context.check_hostname))


def keep_session(tls: ssl.SSLObject | ssl.SSLSocket) -> None:
    """Remember the session of a connection that is about to be closed, if it can be resumed."""
    context, hostname, session = tls.context, tls.server_hostname, tls.session
    if session is None or not session.has_ticket or type(context) is not ssl.SSLContext or not hostname:
        return
    with _lock:
        sessions = _known.setdefault(context, OrderedDict())
        key = (hostname, context.verify_mode, context.check_hostname)
        sessions[key] = session
        sessions.move_to_end(key)
        while len(sessions) > _MOST:
            sessions.popitem(last=False)
