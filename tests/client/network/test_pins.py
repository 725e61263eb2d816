"""Pins: what they are, which hold for which host, and that every backend checks them."""

from __future__ import annotations

import base64
import ssl
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import load_pem_x509_certificate

from understudy import AsyncClient, AsyncHTTPTransport, Client, ConnectError, HTTPTransport, MockTransport, Response
from understudy.client.network.pins import Pins, WrongKey, pin_of

from .proxy_server import HTTPProxyServer, Origin, listening

A, B, C = (f"sha256/{base64.b64encode(bytes([number]) * 32).decode()}" for number in range(3))


def reference_pin(certificate: Any) -> str:
    key = load_pem_x509_certificate(certificate.cert_chain_pems[0].bytes()).public_key()
    info = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(info)
    return "sha256/" + base64.b64encode(digest.finalize()).decode()


@pytest.mark.parametrize(
    ("host", "pins"),
    [
        ("h.test", {A}),
        ("H.TEST", {A}),
        ("h.test.", {A}),
        ("a.h.test", None),
        ("a.b.test", {B}),
        ("a.b.test.", {B}),
        ("x.a.b.test", {B}),
        ("b.test", None),
        ("a.c.b.test", {C}),
        ("xn--bcher-kva.test", {A}),
        ("other", None),
    ],
)
def test_the_most_specific_pins_hold(host: str, pins: set[str] | None) -> None:
    all_pins = Pins({"H.test": A, "*.b.test": [B], "*.c.b.test": [C], "bücher.test": (A,)})

    assert all_pins.pins_of(host) == (None if pins is None else frozenset(pins))


def test_one_slash_or_two() -> None:
    assert Pins({"h.test": A.replace("/", "//", 1)}).pins_of("h.test") == frozenset({A})


@pytest.mark.parametrize("pin", ["", "sha256/", "sha256/x", "sha1/" + A[7:], A[7:], A + "=", "sha256/" + "A" * 44, 5])
def test_what_is_no_pin_is_refused(pin: Any) -> None:
    with pytest.raises(ValueError, match="not a pin"):
        Pins({"h.test": [pin]})


def test_pins_without_their_hosts_are_refused() -> None:
    with pytest.raises(TypeError, match="a mapping of hosts to pins"):
        HTTPTransport(pins="sha256/AAAA")  # type: ignore[arg-type]  # the mistake


@pytest.mark.parametrize("host", ["https://api.test", "api.test/", "*", "api.*", "*.*.test", "ada@api.test", 5])
def test_what_no_server_would_ever_be_pinned_by_is_refused(host: Any) -> None:
    with pytest.raises(ValueError, match="say a host alone"):
        Pins({host: A})


def test_a_host_without_any_key_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="leave the host out"):
        Pins({"h.test": []})


def test_they_show_whom_they_concern() -> None:
    assert repr(Pins({"h.test": A, "*.b.test": B})) == "<Pins of h.test, *.b.test>"


@pytest.mark.parametrize("certificate", [None, b"nonsense"])
def test_a_pinned_server_must_show_a_certificate(certificate: bytes | None) -> None:
    class TLS:
        def getpeercert(self, *, binary_form: bool) -> bytes | None:
            return certificate

    with pytest.raises(WrongKey, match=r"h\.test is pinned to sha256/AAAA"):
        Pins({"h.test": A}).check("h.test", TLS())


def test_many_pins_are_not_all_shown() -> None:
    with pytest.raises(WrongKey, match="or 1 more, and"):
        Pins({"h.test": [A, B, C]}).check("h.test", None)


@pytest.fixture(scope="module")
def issued() -> Any:
    return trustme.CA().issue_cert("localhost", "h.test")


@pytest.fixture
def server_context(issued: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    return context


def test_a_pin_is_what_others_compute(issued: Any) -> None:
    der = ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode())

    assert pin_of(der) == reference_pin(issued)


async def fetch(side: Any, url: str, times: int = 1, **options: Any) -> Any:
    extensions = options.pop("extensions", {})
    transport: Any = (AsyncHTTPTransport if not side.is_blocking else HTTPTransport)(trust_env=False, **options)
    client = side.client(transport=transport)
    try:
        responses = [
            await side.call(client.get, url, extensions=extensions, headers={"Connection": "close"})
            for _ in range(times)
        ]
        return responses[-1]
    finally:
        await side.close(client)


@pytest.mark.anyio
async def test_a_server_with_the_pinned_key_is_connected_to_again_and_again(
    side: Any, issued: Any, server_context: ssl.SSLContext
) -> None:
    pins = {"localhost": [A, reference_pin(issued)]}

    # Without verification they are all that is left. The second handshake resumes the session of the first.
    with listening(Origin(server_context)) as port:
        response = await fetch(side, f"https://localhost:{port}/", times=3, verify=False, pins=pins)

    assert response.status_code == 200


@pytest.mark.anyio
async def test_a_server_with_another_key_gets_no_request(
    side: Any, issued: Any, server_context: ssl.SSLContext
) -> None:
    origin = Origin(server_context)

    with listening(origin) as port, pytest.raises(ConnectError) as caught:
        await fetch(side, f"https://localhost:{port}/", verify=False, pins={"localhost": B})

    assert f"the key of localhost is {reference_pin(issued)}, and it is pinned to {B}" in str(caught.value)
    assert len(str(caught.value)) <= 300
    assert caught.value.request_sent is False
    assert origin.heads == []


@pytest.mark.anyio
async def test_pins_hold_inside_a_tunnel_and_for_the_name_that_was_asked_for(
    side: Any, issued: Any, server_context: ssl.SSLContext
) -> None:
    origin = Origin(server_context)

    with listening(origin) as port, listening(HTTPProxyServer()) as proxy:
        options: dict[str, Any] = {"verify": False, "proxy": f"http://127.0.0.1:{proxy}"}
        with pytest.raises(ConnectError, match="pinned"):
            await fetch(side, f"https://localhost:{port}/", pins={"localhost": B}, **options)
        sni = {"sni_hostname": "h.test"}
        for pinned in ("localhost", "h.test"):
            with pytest.raises(ConnectError, match="pinned"):
                await fetch(side, f"https://localhost:{port}/", pins={pinned: B}, extensions=sni, **options)

    assert origin.heads == []


@pytest.mark.anyio
async def test_other_hosts_are_not_concerned(side: Any, server_context: ssl.SSLContext) -> None:
    with listening(Origin(server_context)) as port:
        response = await fetch(side, f"https://localhost:{port}/", verify=False, pins={"h.test": B})

    assert response.status_code == 200


@pytest.mark.anyio
async def test_a_client_may_be_told_pins_and_where_hosts_are(
    side: Any, issued: Any, server_context: ssl.SSLContext
) -> None:
    with listening(Origin(server_context)) as port:
        options: dict[str, Any] = {"verify": False, "trust_env": False, "resolver": {"h.test": ("127.0.0.1", port)}}
        for pin, is_right in ((reference_pin(issued), True), (B, False)):
            client = side.client(pins={"h.test": pin}, **options)
            if is_right:
                assert (await side.call(client.get, "https://h.test/")).status_code == 200
            else:
                with pytest.raises(ConnectError, match="pinned"):
                    await side.call(client.get, "https://h.test/")
            await side.close(client)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("options", [{"pins": {"h.test": A}}, {"resolver": {}}])
def test_what_only_the_network_can_do_is_not_quietly_forgotten(kind: Any, options: Any) -> None:
    with pytest.raises(ValueError, match="say them to the transport"):
        kind(transport=MockTransport(lambda request: Response(200)), **options)


@pytest.mark.parametrize("kind", [HTTPTransport, AsyncHTTPTransport])
def test_a_wrong_pin_is_noticed_when_the_transport_is_made(kind: Any) -> None:
    with pytest.raises(ValueError, match="not a pin"):
        kind(pins={"h.test": "nonsense"})
