"""Test an ASGI application without a server: it streams, starts up, shuts down, and sees the client go."""

import asyncio
from typing import Any

import understudy


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        scope["state"]["greeting"] = "hello"
        await send({"type": "lifespan.startup.complete"})
        await receive()
        print("shut down")
        await send({"type": "lifespan.shutdown.complete"})
        return
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    number = 0
    try:
        while True:
            number += 1
            event = f"data: {scope['state']['greeting']} {number}\n\n".encode()
            await send({"type": "http.response.body", "body": event, "more_body": True})
    except OSError:
        print("the client has gone")


async def main() -> None:
    transport = understudy.ASGITransport(app, lifespan=True)
    client = understudy.AsyncClient(transport=transport, base_url="https://app.test")
    async with client, client.sse("/events") as events:
        async for event in events:
            print(event.data)
            if event.data.endswith("3"):
                break


if __name__ == "__main__":
    asyncio.run(main())
