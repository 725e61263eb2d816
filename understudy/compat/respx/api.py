"""The one router behind `respx.get(...)`, `respx.calls` and `@respx.mock`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from .router import MockRouter

if TYPE_CHECKING:
    from .calls import CallList
    from .models import Route
    from .route_list import RouteList

mock: MockRouter = MockRouter(assert_all_called=False)

routes: RouteList = mock.routes
calls: CallList = mock.calls

start: Callable[..., None] = mock.start
stop: Callable[..., None] = mock.stop
clear: Callable[..., None] = mock.clear
reset: Callable[..., None] = mock.reset
pop: Callable[..., Any] = mock.pop
route: Callable[..., Route] = mock.route
add: Callable[..., Route] = mock.add
request: Callable[..., Route] = mock.request
get: Callable[..., Route] = mock.get
post: Callable[..., Route] = mock.post
put: Callable[..., Route] = mock.put
patch: Callable[..., Route] = mock.patch
delete: Callable[..., Route] = mock.delete
head: Callable[..., Route] = mock.head
options: Callable[..., Route] = mock.options
