"""TLS sessions that are kept for the next connection."""

from __future__ import annotations

import ssl
import threading
from types import SimpleNamespace
from typing import Any

from understudy.client.network.backends import sessions
from understudy.client.network.backends.sessions import keep_session, session_for


def connection(context: ssl.SSLContext, name: Any, session: Any = None) -> Any:
    return SimpleNamespace(
        context=context, server_hostname=name, session=session or SimpleNamespace(has_ticket=True, time=0)
    )


def test_only_the_latest_sessions_are_kept(monkeypatch: Any) -> None:
    monkeypatch.setattr(sessions, "_MOST", 2)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for name in ("a.test", "b.test", "a.test", "c.test"):
        keep_session(connection(context, name))

    assert session_for(context, "a.test") is not None
    assert session_for(context, "b.test") is None
    assert session_for(context, "c.test") is not None


def test_a_finalizer_may_close_a_connection_while_another_one_is_closed() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

    class Name(str):
        """A name during whose being looked up the garbage collector closes another connection."""

        __slots__ = ()

        def __hash__(self) -> int:
            keep_session(connection(context, "other.test"))
            return super().__hash__()

    done: list[bool] = []

    def close() -> None:
        keep_session(connection(context, Name("api.test")))
        done.append(True)

    closing = threading.Thread(target=close, daemon=True)
    closing.start()
    closing.join(10)

    assert done, "the thread waits for itself"
    assert session_for(context, "api.test") is not None
    assert session_for(context, "other.test") is not None
