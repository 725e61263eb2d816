"""Read server-sent events; a lost connection is made again where it broke."""

from collections.abc import Iterator

import understudy


class Lossy(understudy.SyncByteStream):
    """Two events, and then the connection is gone."""

    def __init__(self, first: int) -> None:
        self.first = first

    def __iter__(self) -> Iterator[bytes]:
        for number in (self.first, self.first + 1):
            yield f"retry: 10\nid: {number}\ndata: message {number}\n\n".encode()
        raise understudy.ReadError("connection reset")


def answer(request: understudy.Request) -> understudy.Response:
    last = int(request.headers.get("Last-Event-ID", "0"))
    if last >= 4:
        return understudy.Response(204)  # there is nothing more to come
    return understudy.Response(200, headers={"Content-Type": "text/event-stream"}, stream=Lossy(last + 1))


def main() -> None:
    client = understudy.Client(transport=understudy.MockTransport(answer))
    with client, client.sse("https://api.test/messages") as events:
        for event in events:
            print(event.id, event.data)


if __name__ == "__main__":
    main()
