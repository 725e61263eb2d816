"""TLS settings: every way to say whom to trust, and contexts that are made once."""

from __future__ import annotations

import ssl
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest
import trustme

from understudy import AsyncHTTPTransport, ConnectError, HTTPTransport, MemoryNetwork, Request
from understudy.client.network import tls
from understudy.client.network.tls import TLSSettings, create_ssl_context

if TYPE_CHECKING:
    from collections.abc import Callable

AUTHORITY: Any = trustme.CA()
ALPN = ("http/1.1",)


@pytest.fixture
def authority_file(tmp_path: Path) -> str:
    path = tmp_path / "authority.pem"
    AUTHORITY.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(params=["asyncio", "trio"])
def any_loop(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Run a coroutine function in an event loop."""

    def run(body: Callable[..., Any]) -> Any:
        return anyio.run(body, backend=str(request.param))

    return run


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setattr(tls, "_shared", type(tls._shared)())


def test_the_usual_authorities_are_trusted_by_default() -> None:
    context = create_ssl_context()

    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert len(context.get_ca_certs()) > 50


def test_verification_can_be_switched_off() -> None:
    context = create_ssl_context(verify=False)

    assert context.verify_mode == ssl.CERT_NONE
    assert not context.check_hostname


def test_a_file_or_folder_of_authorities_replaces_the_usual_ones(authority_file: str, tmp_path: Path) -> None:
    assert len(create_ssl_context(authority_file).get_ca_certs()) == 1
    assert create_ssl_context(str(tmp_path)).get_ca_certs() == []

    with pytest.raises(FileNotFoundError, match="no such file or folder"):
        create_ssl_context(authority_file + ".not")


def test_the_environment_names_authorities_unless_it_is_not_trusted(
    authority_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", authority_file)
    assert len(create_ssl_context().get_ca_certs()) == 1
    assert len(create_ssl_context(trust_env=False).get_ca_certs()) > 50

    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert create_ssl_context().get_ca_certs() == []


def test_a_context_is_taken_as_it_is() -> None:
    mine = ssl.create_default_context()

    assert create_ssl_context(mine) is mine


def test_something_else_is_refused() -> None:
    wrong: Any = 5

    with pytest.raises(TypeError, match="verify=5"):
        create_ssl_context(wrong)


def test_a_certificate_of_the_clients_own_is_shown(tmp_path: Path) -> None:
    issued = AUTHORITY.issue_cert("client.test")
    both, key, chain = (str(tmp_path / name) for name in ("both.pem", "key.pem", "chain.pem"))
    issued.private_key_and_cert_chain_pem.write_to_path(both)
    issued.private_key_pem.write_to_path(key)
    issued.cert_chain_pems[0].write_to_path(chain)

    create_ssl_context(False, cert=both)
    create_ssl_context(False, cert=(chain, key))
    create_ssl_context(False, cert=(chain, key, "password"))
    with pytest.raises(OSError, match=r"none\.pem': there is no such file"):
        create_ssl_context(False, cert=str(tmp_path / "none.pem"))


def test_contexts_are_made_once_for_equal_settings() -> None:
    context = TLSSettings(False, None, True, ALPN).context()

    assert TLSSettings(False, None, True, ALPN).context() is context
    assert TLSSettings(True, None, True, ALPN).context() is not context
    assert TLSSettings(False, None, True, ("h2", "http/1.1")).context() is not context


def test_the_environment_is_part_of_the_settings(authority_file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = TLSSettings(True, None, True, ALPN).context()

    monkeypatch.setenv("SSL_CERT_FILE", authority_file)

    assert TLSSettings(True, None, True, ALPN).context() is not usual


def test_only_so_many_contexts_are_remembered() -> None:
    for number in range(40):
        TLSSettings(False, None, True, (f"protocol-{number}",)).context()

    assert len(tls._shared) == 32


def test_a_file_that_is_not_there_is_noticed_at_once() -> None:
    with pytest.raises(FileNotFoundError, match="verify='/no/such/file'"):
        TLSSettings("/no/such/file", None, True, ALPN)


def test_a_path_object_is_a_path(authority_file: str) -> None:
    by_path = TLSSettings(Path(authority_file), None, False, ALPN)  # type: ignore[arg-type]  # as lenient as open()

    assert not by_path.is_ready
    assert by_path.context() is TLSSettings(authority_file, None, False, ALPN).context()
    assert by_path.is_ready


def test_a_certificate_may_be_a_path_object(tmp_path: Path) -> None:
    own = tmp_path / "own.pem"
    AUTHORITY.issue_cert("client.test").private_key_and_cert_chain_pem.write_to_path(str(own))

    by_path = TLSSettings(False, own, False, ALPN)  # type: ignore[arg-type]  # as lenient as open()

    assert by_path.context() is TLSSettings(False, str(own), False, ALPN).context()


def test_what_only_has_to_be_taken_is_ready(authority_file: str) -> None:
    context = ssl.create_default_context()

    assert TLSSettings(context, None, False, ALPN).is_ready
    assert not TLSSettings(context, authority_file, False, ALPN).is_ready
    assert not TLSSettings(True, None, False, ALPN).is_ready


def test_a_context_of_the_callers_own_tells_cuts_from_ends_too() -> None:
    context = ssl.create_default_context()
    context.options |= 0x80  # as Python 3.9 has it from the start

    assert not TLSSettings(context, None, False, ALPN).context().options & 0x80


def test_authorities_are_read_beside_the_event_loop_and_once(
    authority_file: str, monkeypatch: pytest.MonkeyPatch, any_loop: Callable[..., Any]
) -> None:
    turns = threading.Event()
    made: list[Any] = []

    def slowly(*arguments: Any) -> ssl.SSLContext:
        # Would be in vain in the loop's own thread, which is the one that sets it.
        assert turns.wait(10)
        made.append(arguments)
        return create_ssl_context(*arguments)

    monkeypatch.setattr(tls, "create_ssl_context", slowly)

    async def body() -> None:
        # Nothing that speaks TLS is there: the context is all that is wanted.
        network: Any = Refusing()
        transport = AsyncHTTPTransport(verify=authority_file, network=network)
        async with transport, anyio.create_task_group() as tasks:

            async def get() -> None:
                with pytest.raises(ConnectError, match="no TLS"):
                    await transport.handle_async_request(Request("GET", "https://h.test/"))

            for _ in range(3):
                tasks.start_soon(get)
            await anyio.lowlevel.checkpoint()
            turns.set()

    any_loop(body)

    assert len(made) == 1


class Refusing:
    """A network whose connections do not speak TLS, and say which context was to be used."""

    async def connect_tcp(self, *arguments: Any, **options: Any) -> Any:
        return self

    async def start_tls(self, context: ssl.SSLContext, hostname: str | None, timeout: float | None) -> Any:
        assert context.verify_mode is ssl.CERT_REQUIRED
        raise ConnectionResetError("no TLS here")

    def close(self) -> None:
        pass

    def get_extra_info(self, name: str) -> Any:
        return None


# Whom the operating system trusts


def test_the_authorities_of_the_system_are_asked_for_by_name() -> None:
    truststore: Any = pytest.importorskip("truststore")

    context: Any = create_ssl_context("truststore")

    assert isinstance(context, truststore.SSLContext)
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname
    assert (
        TLSSettings("truststore", None, True, ALPN).context() is TLSSettings("truststore", None, True, ALPN).context()
    )


def not_found(name: str) -> None:
    """Find no module."""


def test_without_the_extra_its_name_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "truststore", None)
    monkeypatch.setattr("importlib.util.find_spec", not_found)
    makes: list[Callable[..., object]] = [create_ssl_context, HTTPTransport]

    for make in makes:
        with pytest.raises(ImportError, match=r"pip install 'understudy\[truststore\]'"):
            make(verify="truststore")


def test_a_file_of_that_name_is_reached_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    AUTHORITY.cert_pem.write_to_path("truststore")

    assert len(create_ssl_context("./truststore").get_ca_certs()) == 1


@pytest.fixture
def encrypted(tmp_path: Path) -> tuple[str, str]:
    """A certificate, and its key under the password `right`."""
    from cryptography.hazmat.primitives import serialization

    issued = AUTHORITY.issue_cert("client.test")
    certificate, key = tmp_path / "client.pem", tmp_path / "client.key"
    issued.cert_chain_pems[0].write_to_path(str(certificate))
    plain: Any = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
    form, coding = serialization.PrivateFormat.PKCS8, serialization.Encoding.PEM
    key.write_bytes(plain.private_bytes(coding, form, serialization.BestAvailableEncryption(b"right")))
    return str(certificate), str(key)


def test_an_encrypted_key_is_read_with_its_password_and_never_asked_for_at_the_terminal(
    encrypted: tuple[str, str],
) -> None:
    create_ssl_context(False, cert=(*encrypted, "right"))

    with pytest.raises(OSError, match=r"client\.pem': not PEM, or not the password of the key"):
        create_ssl_context(False, cert=(*encrypted, "wrong"))
    with pytest.raises(OSError, match=r"the key is encrypted: its password is the third of cert="):
        create_ssl_context(False, cert=encrypted)


def test_files_that_are_no_certificates_are_named(
    encrypted: tuple[str, str], authority_file: str, tmp_path: Path
) -> None:
    text = tmp_path / "text"
    text.write_text("nothing of the kind", encoding="ascii")

    with pytest.raises(ssl.SSLError, match=r"cert='.*authority\.pem': .* do not belong together"):
        create_ssl_context(False, cert=(authority_file, encrypted[1], "right"))
    with pytest.raises(ssl.SSLError, match=r"cert='.*text': not PEM"):
        create_ssl_context(False, cert=str(text))
    with pytest.raises(ssl.SSLError, match=r"verify='.*text': not a file of certificates"):
        create_ssl_context(str(text))


@pytest.mark.parametrize("cert", ["none.pem", ("authority.pem", "none.pem")])
def test_a_client_certificate_that_is_not_there_any_more_is_an_error_that_names_it(
    cert: Any, authority_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("none.pem", "authority.pem"):
        (tmp_path / name).touch()
    network = MemoryNetwork(lambda end: object())  # nobody comes so far as to say anything
    transport = HTTPTransport(verify=authority_file, cert=cert, trust_env=False, network=network)
    (tmp_path / "none.pem").unlink()

    with pytest.raises(ConnectError, match=r"cert='none\.pem': there is no such file$") as caught:
        transport.handle_request(Request("GET", "https://api.test/"))

    assert "uds" not in str(caught.value)


@pytest.mark.parametrize("which", ["verify", "cert"])
def test_a_file_that_is_written_anew_is_read_anew(which: str, authority_file: str, encrypted: tuple[str, str]) -> None:
    cert = (*encrypted, "right") if which == "cert" else None
    first = TLSSettings(authority_file, cert, True, ALPN).context()
    assert TLSSettings(authority_file, cert, True, ALPN).context() is first

    written = Path(authority_file if which == "verify" else encrypted[0])
    content = written.read_bytes()
    written.unlink()
    written.write_bytes(content + b"\n")

    assert TLSSettings(authority_file, cert, True, ALPN).context() is not first
