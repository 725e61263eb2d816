"""Download a file that appears only when it is complete; a lost connection is taken up where it broke."""

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import understudy

BODY = b"0123456789" * 100_000
SHA256 = hashlib.sha256(BODY).hexdigest()


class Lossy(understudy.SyncByteStream):
    """Half of the body, and then the connection is gone."""

    def __iter__(self) -> Iterator[bytes]:
        yield BODY[:500_000]
        raise understudy.ReadError("connection reset")


def answer(request: understudy.Request) -> understudy.Response:
    asked = request.headers.get("Range")
    if asked is None:
        headers = {"ETag": '"v1"', "Content-Length": str(len(BODY))}
        return understudy.Response(200, headers=headers, stream=Lossy())
    print("resumed with", asked)
    start = int(asked[len("bytes=") : -1])
    headers = {"ETag": '"v1"', "Content-Range": f"bytes {start}-{len(BODY) - 1}/{len(BODY)}"}
    return understudy.Response(206, headers=headers, content=BODY[start:])


def progress(done: int, total: "int | None") -> None:
    print(f"{done:,} of {total:,} bytes")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "data.bin"
        with understudy.Client(transport=understudy.MockTransport(answer)) as client:
            done = client.download(
                "https://api.test/data.bin", target, checksum=f"sha256:{SHA256}", on_progress=progress
            )
        print(f"{done.size:,} bytes, complete: {target.read_bytes() == BODY}")


if __name__ == "__main__":
    main()
