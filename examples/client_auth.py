"""Ways to authenticate: a token that is fetched anew when it is refused, and Digest with its strongest algorithm."""

import itertools

import understudy

tokens = (f"token{number}" for number in itertools.count(1))


def answer(request: understudy.Request) -> understudy.Response:
    said = request.headers.get("Authorization", "nothing")
    print(request.url.path, "<-", said.split(",")[0])
    if request.url.path == "/token":
        return understudy.Response(200 if said == "Bearer token2" else 401)
    challenges = [
        ("WWW-Authenticate", 'Digest realm="files", nonce="abc", qop="auth", algorithm=MD5'),
        ("WWW-Authenticate", 'Digest realm="files", nonce="abc", qop="auth", algorithm=SHA-256'),
    ]
    if "algorithm=SHA-256" in said:
        return understudy.Response(200)
    return understudy.Response(401, headers=challenges)


def main() -> None:
    with understudy.Client(transport=understudy.MockTransport(answer), base_url="https://api.test") as client:
        print(client.get("/token", auth=understudy.BearerAuth(lambda: next(tokens))))
        print(client.get("/digest", auth=understudy.DigestAuth("Mufasa", "Circle of Life")))


if __name__ == "__main__":
    main()
