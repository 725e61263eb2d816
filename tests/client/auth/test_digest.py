from __future__ import annotations

import copy
import hashlib
import io
import pickle
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Callable

import pytest

from understudy import AsyncClient, BaseTransport, Client, MockTransport, RemoteProtocolError, Request, Response
from understudy.client.auth import digest
from understudy.client.auth.challenges import parse_challenges
from understudy.client.auth.digest import DigestAuth

if TYPE_CHECKING:
    from collections.abc import Iterator

HASHES = {"MD5": "md5", "SHA": "sha1", "SHA-256": "sha256", "SHA-512": "sha512", "SHA-512-256": "sha512_256"}


class Server:
    """A server that checks what it is sent by its own reading of RFC 7616."""

    def __init__(self, *challenges: str, password: str = "Circle of Life", uses: int = 1000) -> None:
        self.challenges = challenges or ('Digest realm="r", nonce="n1", qop="auth"',)
        self.password = password
        self.requests: list[Request] = []
        self.seen: set[tuple[str, str, str]] = set()
        self.uses = uses

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        if self.accepts(request):
            return Response(200, text="in")
        return Response(401, headers=[("WWW-Authenticate", challenge) for challenge in self.challenges])

    def sent(self, number: int = -1) -> dict[str, str]:
        return credentials(self.requests[number])

    def accepts(self, request: Request) -> bool:
        said = credentials(request)
        use = (said.get("nonce", ""), said.get("nc", ""), str(request.url.origin))
        if not said or use in self.seen:
            return False
        self.seen.add(use)
        algorithm = said["algorithm"].upper()

        def hashed(text: str) -> str:
            data = text.encode("latin-1")
            return hashlib.new(HASHES[algorithm.replace("-SESS", "")], data, usedforsecurity=False).hexdigest()

        name = hashed(f"Mufasa:{said['realm']}:{self.password}")
        if algorithm.endswith("-SESS"):
            name = hashed(f"{name}:{said['nonce']}:{said['cnonce']}")
        action = f"{request.method}:{request.url.raw_path.decode()}"
        if said.get("qop") == "auth-int":
            action += ":" + hashed(request.content.decode("latin-1"))
        middle = f"{said['nc']}:{said['cnonce']}:{said['qop']}:" if "qop" in said else ""
        return said["response"] == hashed(f"{name}:{said['nonce']}:{middle}{hashed(action)}") and self.uses > 0


def credentials(request: Request) -> dict[str, str]:
    field = request.headers.get("Authorization")
    return parse_challenges([field])[0].parameters if field else {}


def client_for(server: Callable[[Request], Response], auth: DigestAuth | None = None, **options: Any) -> Client:
    auth = auth or DigestAuth("Mufasa", "Circle of Life")
    return Client(transport=MockTransport(server), auth=auth, **options)


@pytest.mark.parametrize("session", ["", "-sess"])
@pytest.mark.parametrize("algorithm", [*HASHES, "sha-256"])
@pytest.mark.parametrize(
    ("offered", "quality"),
    [('qop="auth"', "auth"), ("qop=auth-int", "auth-int"), ('qop="auth-int, Auth"', "auth"), ("opaque=x", None)],
)
def test_every_algorithm_and_quality_opens_the_door(
    algorithm: str, session: str, offered: str, quality: str | None
) -> None:
    server = Server(f'Digest realm="r", nonce="n", algorithm={algorithm}{session}, {offered}')

    with client_for(server) as client:
        response = client.post("https://api.test/a?b=c", content=b"body")

    assert response.text == "in"
    assert len(server.requests) == 2
    assert server.sent()["algorithm"] == algorithm + session
    assert server.sent().get("qop") == quality
    # RFC 2617 forbids it where there is nothing that it is for.
    assert ("cnonce" in server.sent()) == bool(quality or session)


@pytest.mark.parametrize(
    ("algorithm", "expected"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_example_of_the_rfc(monkeypatch: pytest.MonkeyPatch, algorithm: str, expected: str) -> None:
    # RFC 7616, section 3.9.1.
    fix_cnonce(monkeypatch, "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ")
    server = Server(
        f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )

    with client_for(server) as client:
        client.get("http://www.example.org/dir/index.html")

    assert server.sent()["response"] == expected
    assert server.sent()["opaque"] == "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"


def test_the_example_of_the_rfc_with_a_hashed_name(monkeypatch: pytest.MonkeyPatch) -> None:
    # RFC 7616, section 3.9.2, as its erratum 4897 corrects it.
    fix_cnonce(monkeypatch, "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v")
    server = Server(
        'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, charset=UTF-8, userhash=true, '
        'nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS"'
    )

    with client_for(server, DigestAuth("J\u00e4s\u00f8n Doe", "Secret, or not?")) as client:
        client.get("http://api.example.org/doe.json")

    assert server.sent()["username"] == "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"
    assert server.sent()["response"] == "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"


def fix_cnonce(monkeypatch: pytest.MonkeyPatch, cnonce: str) -> None:
    def urandom(size: int) -> SimpleNamespace:
        return SimpleNamespace(hex=lambda: cnonce, size=size)

    monkeypatch.setattr(digest, "os", SimpleNamespace(urandom=urandom))


def test_a_name_beyond_ascii_is_percent_encoded() -> None:
    server = Server()

    with client_for(server, DigestAuth("J\u00e4s\u00f8n Doe", "p")) as client:
        client.get("https://api.test/")

    assert server.sent()["username*"] == "UTF-8''J%C3%A4s%C3%B8n%20Doe"


@pytest.mark.parametrize(
    ("challenges", "algorithm"),
    [
        (['Digest realm="r", nonce="n", algorithm=MD5', 'Digest realm="r", nonce="n", algorithm=SHA-256'], "SHA-256"),
        (['Digest realm="r", nonce="n", algorithm=SHA-512-256, Digest realm="r", nonce="n"'], "SHA-512-256"),
        (['Basic realm="r", Digest realm="r", nonce="n", algorithm=X, Digest realm="r", nonce="n"'], "MD5"),
        (['Digest realm="r"', 'Digest realm="r", nonce="n", qop="auth"'], "MD5"),
    ],
)
def test_the_strongest_challenge_that_can_be_met_is_answered(challenges: list[str], algorithm: str) -> None:
    server = Server(*challenges)

    with client_for(server) as client:
        response = client.get("https://api.test/")

    assert response.status_code == 200
    assert server.sent()["algorithm"] == algorithm


@pytest.mark.parametrize("realm", [r"say \"hi\" \\ bye", "", "\u00e9\u00e8"])
def test_an_odd_realm_comes_back_as_it_was(realm: str) -> None:
    server = Server()

    def answer(request: Request) -> Response:
        response = server(request)
        if response.status_code == 401:
            response.headers = type(response.headers)(
                [(b"WWW-Authenticate", f'Digest realm="{realm}", nonce="n", qop="auth"'.encode())]
            )
        return response

    with client_for(answer) as client:
        client.get("https://api.test/")

    name, value = next(field for field in server.requests[-1].headers.raw if field[0] == b"Authorization")
    assert f'realm="{realm}", '.encode() in value
    assert name == b"Authorization"


@pytest.mark.parametrize("target", ["/raw|path", b"/raw|path"])
def test_what_is_asked_for_is_what_the_request_line_says(target: str | bytes) -> None:
    server = Server('Digest realm="r", nonce="n", qop="auth"')

    with client_for(server) as client:
        client.get("https://api.test/", extensions={"target": target})

    assert server.sent()["uri"] == "/raw|path"


def test_later_requests_carry_credentials_at_once_and_count_the_nonce() -> None:
    server = Server()

    with client_for(server) as client:
        for path in ("/a", "/b", "/c"):
            assert client.get(f"https://api.test{path}").text == "in"

    assert [credentials(request).get("nc") for request in server.requests] == [None, "00000001", "00000002", "00000003"]
    assert len({credentials(request).get("cnonce") for request in server.requests}) == 4


def test_a_copy_asks_for_a_nonce_of_its_own() -> None:
    auth = DigestAuth("Mufasa", "Circle of Life")
    with client_for(Server(), auth) as client:
        client.get("https://api.test/")

    for copied in (copy.deepcopy(auth), pickle.loads(pickle.dumps(auth))):
        server = Server()
        with client_for(server, copied) as client:
            assert client.get("https://api.test/").text == "in"
        assert [credentials(request).get("nc") for request in server.requests] == [None, "00000001"]


def test_the_key_of_a_session_keeps_its_first_cnonce() -> None:
    server = Server('Digest realm="r", nonce="n", qop="auth", algorithm=MD5-sess')

    with client_for(server) as client:
        for _ in range(3):
            assert client.get("https://api.test/").text == "in"

    assert len({credentials(request)["cnonce"] for request in server.requests[1:]}) == 1


def test_outside_the_protection_space_the_server_must_ask_first() -> None:
    server = Server(
        'Digest realm="r", nonce="n", qop="auth", domain="/in https://api.test/too https://[ https://b.test/"'
    )
    paths = ["/in", "/in/side", "/too/x", "/inside", "/"]

    with client_for(server) as client:
        client.get("https://api.test/in")
        server.requests.clear()
        for path in paths:
            client.get(f"https://api.test{path}")

    unasked = [request.url.path for request in server.requests if "Authorization" not in request.headers]
    assert unasked == ["/inside", "/"]


def test_a_nonce_is_not_shown_to_another_origin() -> None:
    server = Server()

    with client_for(server) as client:
        client.get("https://api.test/")
        client.get("https://api.test:444/")

    assert ["Authorization" in request.headers for request in server.requests] == [False, True, False, True]


def test_the_challenge_of_another_origin_is_not_answered() -> None:
    server = Server()

    def answer(request: Request) -> Response:
        if request.url.host == "api.test":
            return Response(302, headers={"Location": "https://evil.test/"})
        return server(request)

    with client_for(answer, follow_redirects=True) as client:
        response = client.get("https://api.test/")

    assert response.status_code == 401
    assert [dict(credentials(request)) for request in server.requests] == [{}]


def test_a_challenge_after_a_redirect_is_answered_where_it_was_asked() -> None:
    server = Server()

    def answer(request: Request) -> Response:
        if request.url.path == "/old":
            return Response(302, headers={"Location": "/new"})
        return server(request)

    with client_for(answer, follow_redirects=True) as client:
        response = client.get("https://api.test/old")

    assert response.text == "in"
    assert [old.request.url.path for old in response.history] == ["/old", "/new"]
    assert server.sent()["uri"] == "/new"


def test_credentials_for_one_place_do_not_travel_to_another_of_the_same_origin() -> None:
    server = Server()

    def answer(request: Request) -> Response:
        if request.url.path == "/old":
            return Response(302, headers={"Location": "/new"})
        return server(request)

    with client_for(answer, follow_redirects=True) as client:
        client.get("https://api.test/in")
        server.requests.clear()
        response = client.get("https://api.test/old")

    assert response.text == "in"
    assert [credentials(request).get("uri") for request in server.requests] == [None, "/new"]


def test_a_wrong_password_is_tried_once() -> None:
    server = Server(password="another")

    with client_for(server) as client:
        response = client.get("https://api.test/")
        client.get("https://api.test/")

    assert response.status_code == 401
    assert len(response.history) == 1
    # A nonce that opened nothing is forgotten: the second request starts anew.
    assert ["Authorization" in request.headers for request in server.requests] == [False, True, False, True]


def test_a_stale_nonce_is_replaced_once() -> None:
    server = Server('Digest realm="r", nonce="n", qop="auth", stale=TRUE', uses=0)

    with client_for(server) as client:
        response = client.get("https://api.test/")

    assert response.status_code == 401
    assert len(server.requests) == 3


def test_a_nonce_that_went_stale_between_requests_costs_one_round_trip() -> None:
    nonces: Iterator[str] = iter(["n1", "n2"])
    server = Server(f'Digest realm="r", nonce="{next(nonces)}", qop="auth"')

    with client_for(server) as client:
        client.get("https://api.test/")
        server.challenges = (f'Digest realm="r", nonce="{next(nonces)}", qop="auth", stale=true',)
        server.seen.add(("n1", "00000002", "https://api.test"))
        response = client.get("https://api.test/")

    assert response.text == "in"
    assert [old.status_code for old in response.history] == [401]
    assert (server.sent()["nonce"], server.sent()["nc"]) == ("n2", "00000001")


def test_the_next_nonce_is_taken_from_the_answer() -> None:
    server = Server()

    def answer(request: Request) -> Response:
        response = server(request)
        if response.status_code == 200:
            response.headers["Authentication-Info"] = 'rspauth="x", NextNonce="n2"'
        return response

    with client_for(answer) as client:
        client.get("https://api.test/")
        client.get("https://api.test/")

    assert (server.sent()["nonce"], server.sent()["nc"]) == ("n2", "00000001")


@pytest.mark.parametrize("challenge", ['Basic realm="r"', "Negotiate", ""])
def test_what_is_no_digest_challenge_is_left_to_the_caller(challenge: str) -> None:
    with client_for(Server(challenge)) as client:
        assert client.get("https://api.test/").status_code == 401


@pytest.mark.parametrize(
    ("challenge", "reason"),
    [
        ('Digest realm="r", qop="auth"', "it has no nonce"),
        ('Digest nonce="n"', "it has no realm"),
        ('Digest realm="r", nonce="n", algorithm=X', "algorithm 'X' is not one of SHA-512-256,"),
        ('Digest realm="r", nonce="n", qop="auth-x"', "its qop 'auth-x' is neither"),
        ('Digest realm="' + "x" * 1_000_000, "more than 16384 characters"),
    ],
)
def test_a_challenge_that_cannot_be_met_says_why(challenge: str, reason: str) -> None:
    with client_for(Server(challenge)) as client, pytest.raises(RemoteProtocolError, match=reason) as caught:
        client.get("https://api.test/")

    assert caught.value.request.url == "https://api.test/"
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "body", [{"content": [b"bo", b"dy"]}, {"files": {"a": io.BytesIO(b"dy")}}], ids=["pieces", "file"]
)
def test_a_body_that_can_be_read_again_is_covered_by_auth_int(body: dict[str, Any]) -> None:
    server = Server('Digest realm="r", nonce="n", qop="auth-int"')

    class Reading(BaseTransport):
        """Reads the body off the stream, as the network does."""

        def handle_request(self, request: Request) -> Response:
            content = b"".join(request.stream)  # type: ignore[arg-type]  # pyright: ignore  # a blocking client's
            return server(Request(request.method, request.url, headers=request.headers, content=content))

    with Client(transport=Reading(), auth=DigestAuth("Mufasa", "Circle of Life")) as client:
        assert client.post("https://api.test/", **body).text == "in"


def test_a_body_that_is_gone_cannot_be_covered_by_auth_int() -> None:
    class Consuming(MockTransport):
        def handle_request(self, request: Request) -> Response:
            list(request.stream)  # type: ignore[arg-type]  # pyright: ignore  # a blocking client's
            return Response(401, headers={"WWW-Authenticate": 'Digest realm="r", nonce="n", qop="auth-int"'})

    transport = Consuming(Server())
    with (
        Client(transport=transport, auth=DigestAuth("a", "b")) as client,
        pytest.raises(RemoteProtocolError, match="gone"),
    ):
        client.post("https://api.test/", content=iter([b"body"]))


def test_a_cookie_that_comes_with_the_challenge_goes_with_the_answer() -> None:
    server = Server()

    def answer(request: Request) -> Response:
        response = server(request)
        response.headers["Set-Cookie"] = "session=1"
        return response

    with client_for(answer) as client:
        client.get("https://api.test/")

    assert server.requests[-1].headers.get("Cookie") == "session=1"


def test_the_first_request_is_kept_as_it_was_sent() -> None:
    server = Server()

    with client_for(server) as client:
        response = client.get("https://api.test/")

    assert ["Authorization" in request.headers for request in server.requests] == [False, True]
    assert "Authorization" not in response.history[0].request.headers


def test_nonces_are_kept_for_a_bounded_number_of_origins() -> None:
    auth = DigestAuth("Mufasa", "Circle of Life")

    with client_for(Server(), auth) as client:
        for port in range(1000, 1300):
            client.get(f"https://api.test:{port}/")

    assert len(auth._sessions) == 256


@pytest.mark.anyio
async def test_an_asynchronous_client_answers_too() -> None:
    server = Server()
    auth = DigestAuth(b"Mufasa", b"Circle of Life")

    async with AsyncClient(transport=MockTransport(server), auth=auth) as client:
        assert (await client.get("https://api.test/")).text == "in"


def test_the_credentials_are_not_shown() -> None:
    assert repr(DigestAuth("hidden", "hidden")) == "DigestAuth(...)"
