"""`understudy cassette view`: the page, and what it does in a real browser."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from understudy import Client, MockTransport, ReadTimeout, Response, cassettes
from understudy.cassettes.command_line.group import main

if TYPE_CHECKING:
    from pathlib import Path

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
in_a_browser = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here: apt-get install chromium")


def answer(request: Any) -> Response:
    path = request.url.path
    if path == "/boom":
        raise ReadTimeout("silence")
    if path == "/bytes":
        return Response(200, content=bytes(range(256)), headers={"Content-Type": "application/octet-stream"})
    if path == "/html":
        return Response(404, html="</script><script>document.title='owned'</script><!-- <img src=x onerror=alert(1)>")
    return Response(200, json={"path": path, "items": [{"id": 7}]}, headers={"X-Count": "1"})


def record(path: Path, *asked: str) -> Path:
    with cassettes.use(path), Client(transport=MockTransport(answer), base_url="https://api.test") as client:
        for target in asked:
            with contextlib.suppress(ReadTimeout):
                client.get(target, headers={"Authorization": "Bearer s3cr3t-t0ken-1234"})
    return path


@pytest.fixture
def tape(tmp_path: Path) -> Path:
    return record(tmp_path / "tape.yaml", "/users?page=1", "/bytes", "/html", "/boom")


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_the_page_holds_everything_and_needs_nothing(
    tape: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "page.html"

    status = main(["view", str(tape), "-o", str(target)])

    page = target.read_text("utf-8")
    data = data_of(page)
    assert status == 0
    assert str(target) in capsys.readouterr().out.replace("\n", "")
    assert [(one["method"], one["path"]) for one in data["interactions"]] == [
        ("GET", "/users?page=1"),
        ("GET", "/bytes"),
        ("GET", "/html"),
        ("GET", "/boom"),
    ]
    assert data["interactions"][3]["error"]["type"] == "ReadTimeout"
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", page)
    assert "s3cr3t" not in page
    assert page.count("</script>") == 2


def test_the_page_goes_to_standard_output(tape: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["view", f"{tape}:{cassettes.load(tape).interactions[1].line}", "-o", "-"])

    (one,) = data_of(capsys.readouterr().out)["interactions"]
    assert one["path"] == "/bytes"
    assert one["response"]["body"]["base64"]


def test_without_a_name_it_is_opened(tape: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)

    main(["view", str(tape)])

    assert len(opened) == 1
    assert re.match(r"file:///.*/tape\.html$", opened[0])


def test_two_tapes_are_compared(tape: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = record(tmp_path / "other.yaml", "/users?page=1", "/new")
    other.write_text(other.read_text("utf-8").replace("id: 7", "id: 8"), "utf-8")

    main(["view", str(tape), str(other), "-o", "-"])

    data = data_of(capsys.readouterr().out)
    kinds = {one["path"]: one["change"] and one["change"]["kind"] for one in data["interactions"]}
    assert kinds == {
        "/users?page=1": "changed",
        "/bytes": "removed",
        "/html": "removed",
        "/boom": "removed",
        "/new": "added",
    }
    (place,) = data["interactions"][0]["change"]["places"]
    assert (place["name"], place["old"], place["new"]) == ("response.json.items.0.id", "7", "8")
    assert "1 changed, 1 added, 3 removed" in data["summary"]


def test_secrets_of_a_foreign_tape_are_hidden(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tape = tmp_path / "vcr.yaml"
    tape.write_text(
        """\
interactions:
- request:
    body: null
    headers:
      Authorization: [Bearer s3cr3t-t0ken-1234]
    method: GET
    uri: https://api.test/a?api_key=s3cr3t-k3y-5678
  response:
    body: {string: '{"access_token": "s3cr3t-t0ken-9999"}'}
    headers: {Content-Type: [application/json]}
    status: {code: 200, message: OK}
version: 1
""",
        "utf-8",
    )

    main(["view", str(tape), "-o", "-"])

    assert "s3cr3t" not in capsys.readouterr().out


def test_secrets_of_a_tape_that_was_written_by_hand_are_hidden(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tape = tmp_path / "clear.yaml"
    tape.write_text(
        """\
cassette: 1
...
--- # POST /login -> ReadError
request:
  method: POST
  url: https://api.test/login
  headers: {content-type: multipart/form-data; boundary=b}
  multipart:
    - {name: password, text: s3cr3t-in-a-part}
    - {name: file, filename: f.bin, base64: /wA=}
response:
  status: 200
  headers: {content-type: application/json}
  json:
    env: [{name: DB_PASSWORD, value: s3cr3t-in-a-pair}]
error:
  type: ReadError
  message: no answer from https://api.test/?token=s3cr3t-in-a-message
...
""",
        "utf-8",
    )

    main(["view", str(tape), "-o", "-"])

    assert "s3cr3t" not in capsys.readouterr().out


def test_a_body_that_is_too_large_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tape = tmp_path / "large.yaml"
    behind = MockTransport(lambda _: Response(200, text="x" * 600_000))
    with cassettes.use(tape), Client(transport=behind) as client:
        client.get("https://api.test/")

    main(["view", str(tape), "-o", "-"])

    page = capsys.readouterr().out
    assert "omitted" in data_of(page)["interactions"][0]["response"]["body"]
    assert len(page) < 100_000


# In a browser

KEYS = """
const said = [];
window.onerror = (message) => { document.title = "SAID " + JSON.stringify([...said, message]); };
const press = (key) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
const rows = () => [...document.querySelectorAll("#list > li")].filter((item) => !item.hidden);
said.push(rows().length);
press("j"); press("j");
said.push(document.activeElement.querySelector(".where").textContent.trim());
document.activeElement.click();
said.push(document.querySelector(".open h2").textContent);
press("l");
said.push(document.querySelector('.tabs [aria-pressed="true"]').textContent);
press("/");
said.push(document.activeElement.id);
const search = document.getElementById("search");
search.value = "USERS"; search.dispatchEvent(new Event("input"));
said.push(rows().length, document.getElementById("shown").textContent);
press("Escape");
said.push(rows().length);
[...document.querySelectorAll("#chips button")].find((chip) => chip.textContent === "4xx").click();
said.push(rows().length);
press("Escape");
document.getElementById("theme").click();
said.push(document.documentElement.dataset.theme);
for (const item of rows()) if (!item.querySelector(".open")) item.firstChild.click();
said.push(document.querySelectorAll(".tree").length, document.querySelectorAll("main img, main script").length);
document.title = "SAID " + JSON.stringify(said);
"""


def dom(page: Path, fragment: str = "") -> str:
    """Return what a browser makes of a page."""
    assert BROWSER is not None
    switches = ("--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom", "--virtual-time-budget=2000")
    profile = page.parent / "profile"
    command = [BROWSER, *switches, f"--user-data-dir={profile}", page.as_uri() + fragment]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


@in_a_browser
def test_the_page_works_by_keyboard_and_runs_nothing_of_the_tape(tape: Path, tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    main(["view", str(tape), "-o", str(target)])
    page = target.read_text("utf-8")
    # The keys are pressed by one more script, which the page's own policy would not let run.
    scripted = re.sub(r"'sha256-[^']+'", "'unsafe-inline'", page, count=1).replace(
        "</body>", f"<script>(() => {{ {KEYS} }})();</script></body>"
    )
    target.write_text(scripted, "utf-8")

    made = dom(target)

    found = re.search(r"<title>SAID (.*?)</title>", made)
    assert found is not None, made[:2_000]
    assert json.loads(found[1]) == [
        4,
        "/bytes",
        "2 header fields",
        "Request",
        "search",
        1,
        "1 of 4 interactions",
        4,
        1,
        "dark",
        1,
        0,
    ]


@in_a_browser
def test_a_fragment_opens_an_interaction_under_the_pages_own_policy(tape: Path, tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    main(["view", str(tape), "-o", str(target)])
    line = cassettes.load(tape).interactions[2].line

    made = dom(target, f"#line-{line}")

    assert len(re.findall(r'<button class="row"[^>]*aria-expanded="true"', made)) == 1
    assert "&lt;/script&gt;&lt;script&gt;document.title" in made
    assert "<title>tape.yaml</title>" in made
