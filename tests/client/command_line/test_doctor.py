from __future__ import annotations

import contextlib
import datetime
import io
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

import pytest
import trustme
from rich.console import Console

from understudy import URL
from understudy.client.command_line import doctor, examination, findings
from understudy.client.command_line.certificates import Certificate

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

NOW = datetime.datetime.now(datetime.timezone.utc)


class Printed(NamedTuple):
    status: int
    out: str
    err: str

    def row(self, label: str) -> str:
        """The line that begins with a label."""
        return next(line for line in self.out.splitlines() if line.startswith(f"{label} "))


@pytest.fixture
def examined(capsys: pytest.CaptureFixture[str]) -> Callable[..., Printed]:
    """Run `understudy doctor ARGUMENTS`."""

    def running(*arguments: str) -> Printed:
        status = doctor.main(arguments)
        said = capsys.readouterr()
        return Printed(status, said.out, said.err)

    return running


@pytest.fixture
def https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Callable[..., str]]:
    """Start servers with certificates of an authority of ours, which is the one that is trusted."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    listening: list[socket.socket] = []

    def serving(*names: str, answer: bytes = b"HTTP/1.1 204 No Content\r\n\r\n", **options: Any) -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate: Any = authority.issue_cert(*names or ("localhost", "127.0.0.1"), **options)
        certificate.configure_cert(context)
        listener = socket.create_server(("127.0.0.1", 0))
        listening.append(listener)
        threading.Thread(target=_serve, args=(listener, context, answer), daemon=True).start()
        return f"https://127.0.0.1:{listener.getsockname()[1]}"

    yield serving
    for listener in listening:
        with contextlib.suppress(OSError):
            # Closing alone wakes nobody who waits in `accept`; where this does not, it does.
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _serve(listener: socket.socket, context: ssl.SSLContext, answer: bytes) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        try:
            with context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(65_536)
                secure.sendall(answer)
                secure.recv(65_536)
        except OSError:
            connection.close()


def test_a_way_without_trouble_is_told_step_by_step(url: str, examined: Callable[..., Printed]) -> None:
    printed = examined(f"{url}/plain")

    assert printed.status == 0, printed
    assert printed.out.startswith(f"{url}/plain\n")
    assert printed.row("proxy") == "proxy     none, because http_proxy and all_proxy are not set"
    assert printed.row("DNS") == "DNS       an address, nobody is asked"
    assert "          IPv4  127.0.0.1  connected in " in printed.out
    assert printed.row("HTTP") == "HTTP      200 OK over HTTP/1.1"
    assert "  first byte " in printed.out
    assert printed.out.endswith("\nnothing is wrong\n")


def test_a_name_is_resolved_and_every_address_is_tried(url: str, examined: Callable[..., Printed]) -> None:
    printed = examined(url.replace("127.0.0.1", "localhost"))

    assert printed.status == 0
    assert printed.row("DNS").startswith("DNS       localhost in ")


def test_redirects_are_followed_and_told(url: str, examined: Callable[..., Printed]) -> None:
    printed = examined(f"{url}/moved")

    assert printed.status == 0
    assert f"          leads to {url}/plain\n" in printed.out
    assert f"\n\n{url}/plain\n" in printed.out
    assert "left behind" not in printed.out


def test_what_a_redirect_to_another_origin_leaves_behind_is_told(
    url: str, https: Callable[..., str], examined: Callable[..., Printed]
) -> None:
    secure = https(answer=f"HTTP/1.1 302 Found\r\nLocation: {url}/plain\r\nContent-Length: 0\r\n\r\n".encode())

    printed = examined(secure)

    assert printed.status == 1
    assert "left behind (another origin): authorization, cookie, proxy-authorization and " in printed.out
    assert "wrong     127.0.0.1 leads from https to http" in printed.out
    assert "redirect_policy=understudy.refuse_downgrade" in printed.out


def test_tls_is_told_with_the_chain_and_what_is_trusted(
    https: Callable[..., str], examined: Callable[..., Printed], tmp_path: Path
) -> None:
    printed = examined(https())

    assert printed.status == 0, printed
    assert printed.row("TLS").startswith("TLS       TLSv1.3, ")
    assert ", for localhost, 127.0.0.1" in printed.out
    assert f"trusted here: SSL_CERT_FILE={tmp_path / 'ca.pem'}" in printed.out


def test_a_certificate_that_ends_soon_is_a_note(https: Callable[..., str], examined: Callable[..., Printed]) -> None:
    printed = examined(https("127.0.0.1", not_after=NOW + datetime.timedelta(days=3, hours=12)))

    assert printed.status == 0
    assert "note      the certificate of 127.0.0.1 ends in 3 days" in printed.out


@pytest.mark.parametrize(
    ("names", "options", "said", "mend"),
    [
        (("other.test",), {}, "it is for other.test", "use one of the names that it is for"),
        (
            ("127.0.0.1",),
            {"not_before": NOW - datetime.timedelta(days=9), "not_after": NOW - datetime.timedelta(days=2)},
            "certificate has expired",
            "renew it on the server",
        ),
    ],
)
def test_a_certificate_that_is_not_trusted_is_wrong(
    https: Callable[..., str],
    examined: Callable[..., Printed],
    names: tuple[str, ...],
    options: dict[str, Any],
    said: str,
    mend: str,
) -> None:
    printed = examined(https(*names, **options))

    assert printed.status == 1
    assert printed.row("TLS") in ("TLS       not trusted", "TLS       no connection")  # the latter on Python 3.9
    assert "wrong     the certificate of 127.0.0.1 is not trusted: " in printed.out
    assert mend in printed.out
    if "not trusted" in printed.row("TLS") or "expired" in said:
        assert said in printed.out


def test_an_unknown_authority_is_wrong(
    https: Callable[..., str], examined: Callable[..., Printed], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    url = https()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "other.pem"))

    printed = examined(url)

    assert printed.status == 1
    assert "unable to get local issuer certificate" in printed.out
    assert "SSL_CERT_FILE=/path/to/ca.pem" in printed.out


def test_authorities_that_cannot_be_read_are_wrong(
    https: Callable[..., str], examined: Callable[..., Printed], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = https()
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file.pem")

    printed = examined(url)

    assert printed.status == 1
    assert "trusted here: SSL_CERT_FILE=/no/such/file.pem" in printed.out
    assert "No such file or directory" in printed.out


def test_plain_http_where_tls_is_meant_is_wrong(url: str, examined: Callable[..., Printed]) -> None:
    printed = examined(url.replace("http:", "https:"))

    assert printed.status == 1
    assert ", speaks no TLS\n" in printed.out
    assert "mend: ask for http://" in printed.out


def test_a_terminal_gets_lines_that_are_broken_between_words() -> None:
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=40, color_system=None)

    doctor._row(console, "wrong", ("the certificate of localhost is not trusted", "bold red"), ": it has expired")

    assert shown.getvalue().splitlines() == [
        "wrong     the certificate of localhost",
        "          is not trusted: it has expired",
    ]


def test_without_a_scheme_https_is_meant(url: str, examined: Callable[..., Printed]) -> None:
    assert examined(url.removeprefix("http://")).out.startswith(url.replace("http:", "https:"))


def test_a_name_without_addresses_is_wrong(examined: Callable[..., Printed], monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: object) -> object:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    printed = examined("http://nowhere.test")

    assert printed.status == 1
    assert printed.row("DNS").startswith("DNS       Name or service not known, after ")
    assert "wrong     the name nowhere.test has no address" in printed.out


def test_an_address_where_nothing_listens_is_wrong(examined: Callable[..., Printed]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    printed = examined(f"http://127.0.0.1:{port}")

    assert printed.status == 1
    assert f"wrong     nothing listens at 127.0.0.1, port {port}" in printed.out
    assert "          IPv4  127.0.0.1  Connection refused" in printed.out


def test_a_server_that_says_nothing_is_wrong(examined: Callable[..., Printed]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        printed = examined(f"http://127.0.0.1:{listening.getsockname()[1]}", "--timeout", "0.5")

    assert printed.status == 1
    assert "HTTP      no answer" in printed.out
    assert "--timeout 30" in printed.out


def test_a_proxy_does_the_resolving_and_is_blamed(
    examined: Callable[..., Printed], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    monkeypatch.setenv("http_proxy", f"http://ada:s3cret@127.0.0.1:{port}")

    printed = examined("http://far.test")

    assert printed.status == 1
    assert printed.row("proxy") == f"proxy     http://ada:[secure]@127.0.0.1:{port}, because http_proxy says so"
    assert printed.row("DNS") == "DNS       left to the proxy"
    assert "no_proxy=far.test goes past it" in printed.out
    assert "s3cret" not in printed.out


@pytest.mark.parametrize(("page", "status", "sign"), [("/missing", 0, "note "), ("/broken", 1, "wrong")])
def test_statuses_are_judged(url: str, examined: Callable[..., Printed], page: str, status: int, sign: str) -> None:
    printed = examined(url + page)

    assert printed.status == status
    assert f"\n{sign}     127.0.0.1 answers with " in printed.out


def test_what_is_no_web_server_is_wrong(https: Callable[..., str], examined: Callable[..., Printed]) -> None:
    printed = examined(https(answer=b"220 mail.test ESMTP\r\n\r\n"))

    assert printed.status == 1
    assert "mend: what answers there breaks the rules of HTTP" in printed.out


@pytest.mark.parametrize("url", ["ftp://a.test", "http://", "http://a b"])
def test_what_is_no_url_of_the_web_is_wrong_use(examined: Callable[..., Printed], url: str) -> None:
    printed = examined(url)

    assert (printed.status, printed.out) == (2, "")
    assert "Invalid value for 'URL'" in printed.err


def test_what_a_server_says_is_made_harmless(https: Callable[..., str], examined: Callable[..., Printed]) -> None:
    printed = examined(https(answer=b"HTTP/1.1 200 \xc2\x9b2J\r\nContent-Length: 0\r\n\r\n"))

    assert "\x9b" not in printed.out


# Judgments, without a network.


def _hop(url: str, **facts: Any) -> examination.Hop:
    from understudy.client.command_line.proxy_choice import Choice

    return examination.Hop(URL(url), Choice(None, "nothing is set"), **facts)


def test_redirects_in_a_circle_are_wrong() -> None:
    hops = [
        _hop("http://a.test/", leads_to=URL("http://b.test/")),
        _hop("http://b.test/", leads_to=URL("http://a.test/")),
    ]

    (found,) = findings.findings(hops, 0.0)

    assert found.problem == "the redirects go around in a circle, back to http://a.test/"


def test_redirects_without_an_end_are_wrong() -> None:
    (found,) = findings.findings([_hop("http://a.test/", leads_to=URL("http://b.test/"))], 0.0)

    assert found.problem == "there are more than 20 redirects"


def test_one_address_that_cannot_be_reached_is_a_note() -> None:
    from understudy.client.network.backends.addresses import Address

    attempts = [
        examination.Attempt(Address(socket.AF_INET6, ("::1", 80, 0, 0)), 0.1, "Network is unreachable"),
        examination.Attempt(Address(socket.AF_INET, ("127.0.0.1", 80)), 0.1),
    ]

    (found,) = findings.findings([_hop("http://a.test/", attempts=attempts)], 0.0)

    assert not found.is_wrong
    assert found.problem == "1 of 2 addresses of a.test cannot be reached: ::1: Network is unreachable"


@pytest.mark.parametrize(("seconds", "which"), [(3600, "ahead of"), (-3600, "behind")])
def test_a_wrong_clock_is_wrong(seconds: int, which: str) -> None:
    from understudy import Response

    answer = Response(200, headers={"Date": "Sun, 22 Nov 2026 16:59:06 GMT"})
    now = datetime.datetime(2026, 11, 22, 16, 59, 6, tzinfo=datetime.timezone.utc).timestamp()

    (found,) = findings.findings([_hop("http://a.test/", response=answer)], now + seconds)

    assert found.problem == f"the clock of this machine is 3,600 s {which} that of a.test"
    assert findings.findings([_hop("http://a.test/", response=answer)], now) == []


def test_the_days_that_a_certificate_has_left_are_whole_ones() -> None:
    certificate = Certificate("a.test", "An authority", ("a.test",), 0.0, 86_400.0 * 10)

    assert certificate.days_left(0.0) == 10
    assert certificate.days_left(86_400.0 * 10 + 1) == -1
    assert not certificate.is_root


def test_the_usual_authorities_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from understudy.client.command_line.certificates import root_store

    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)

    assert root_store().startswith("certifi ")
