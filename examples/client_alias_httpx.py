"""Run code that was written for httpx, as it is, over this client."""

import understudy

understudy.alias_httpx()

import httpx  # noqa: E402 - the alias comes first


def fetch_user(number: int) -> str:
    with httpx.Client(base_url="https://api.test", timeout=httpx.Timeout(5.0)) as client:
        name: str = client.get(f"/users/{number}").raise_for_status().json()["name"]
        return name


def main() -> None:
    transport = understudy.MockTransport(lambda request: understudy.Response(200, json={"name": "Ada"}))
    with understudy.stand_in(transport):
        print(fetch_user(1), httpx.Client is understudy.Client)


if __name__ == "__main__":
    main()
