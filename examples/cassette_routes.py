"""A cassette written by hand: routes in YAML that answer a program in a test."""

from __future__ import annotations

import tempfile
from pathlib import Path

import understudy
from understudy import cassettes

TAPE = """
cassette: 1
base_url: https://shop.test
routes:
  - GET /users/{id:int}: {json: {name: Ada}}
  - POST /orders: [503, {status: 201, json: {id: ord_1}}]   # fails once, then works
"""


def main() -> list[int]:
    """Order, be refused, order again."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "shop.yaml")
        path.write_text(TAPE, encoding="utf-8")
        with cassettes.use(path, mode="none"), understudy.Client(base_url="https://shop.test") as client:
            assert client.get("/users/7").json() == {"name": "Ada"}
            return [client.post("/orders", json={"sku": "tea-250g"}).status_code for _ in range(2)]


if __name__ == "__main__":
    print(main())
