"""The one router behind `respx.get(...)`, `respx.calls` and `@respx.mock`."""

from __future__ import annotations

from .router import MockRouter

mock = MockRouter(assert_all_called=False)

routes = mock.routes
calls = mock.calls

start = mock.start
stop = mock.stop
clear = mock.clear
reset = mock.reset
pop = mock.pop
route = mock.route
add = mock.add
request = mock.request
get = mock.get
post = mock.post
put = mock.put
patch = mock.patch
delete = mock.delete
head = mock.head
options = mock.options
