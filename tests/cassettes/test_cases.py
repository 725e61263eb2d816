"""Accidents that belong to no one part: `table.md` names them by number."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

import understudy
from understudy import cassettes

from .conftest import EPISODE

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Stage

fcntl: Any = pytest.importorskip("fcntl")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="locks, links and modes are those of POSIX")


@pytest.mark.parametrize(
    "text",
    [
        "cassette: 1\nignore: [" + "x" * 10_000_000 + "]\n",
        "cassette: 1\n" + "".join(f"key{number}: 1\n" for number in range(200_000)),
        '{"interactions": ' + "[" * 100_000,
        "interactions: " + "[" * 100_000,
    ],
    ids=["a long line", "many keys", "deep JSON", "deep YAML"],
)
def test_k03_size_and_depth_are_an_error_and_take_no_time(stage: Stage, text: str) -> None:
    stage.path.write_text(text, "utf-8")
    started = time.process_time()

    with pytest.raises(cassettes.CassetteError) as caught:
        cassettes.load(stage.path)

    assert caught.value.path == str(stage.path)
    assert time.process_time() - started < 20


@pytest.mark.parametrize(
    "raw",
    [
        ("cassette: 1\n" + EPISODE).encode("utf-16"),
        "cassette: 1 # Köln\n".encode("latin-1"),
        b"cassette: 1\n\x0c\n",
        b'cassette: 1\nbase_url: "\\ud800"\nx: 1\n',
        b"cassette: 1\n\tignore: []\n",
    ],
    ids=["UTF-16", "Latin-1", "form feed", "lone surrogate", "tab"],
)
@pytest.mark.parametrize("mode", ["none", "once", "new_episodes", "update"])
def test_k07_text_that_is_none_is_an_error_and_never_recorded_over(stage: Stage, raw: bytes, mode: str) -> None:
    stage.path.write_bytes(raw)

    with pytest.raises(cassettes.CassetteDamaged) as caught, stage.use(mode):
        raise AssertionError

    assert caught.value.line is not None
    assert stage.path.read_bytes() == raw


def test_k11_content_is_on_the_disk_before_its_name_is_and_the_name_before_we_go_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def noted(name: str) -> Any:
        real = getattr(os, name)

        def call(*arguments: Any) -> Any:
            done.append(name)
            return real(*arguments)

        return call

    for name in ("fsync", "link", "replace"):
        monkeypatch.setattr(os, name, noted(name))

    with stage.use("once"):
        stage.client.get("https://api.test/1")
    created, done[:] = list(done), []
    with stage.use("update"):
        stage.client.get("https://api.test/2")

    assert created == ["fsync", "link", "fsync"]
    assert done == ["fsync", "replace", "fsync"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EIO])
@pytest.mark.parametrize(
    ("mode", "call"), [("new_episodes", "write"), ("update", "write"), ("update", "fsync"), ("update", "replace")]
)
def test_k12_whatever_the_disk_says_the_old_file_and_the_answer_are_there(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, mode: str, call: str, code: int
) -> None:
    stage.written(EPISODE)
    before = stage.path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    def record() -> None:
        with stage.use(mode):
            monkeypatch.setattr(os, call, fail)
            assert stage.client.get("https://api.test/new").json() == {"path": "/new"}

    with pytest.raises(cassettes.CassetteNotWritten, match=os.strerror(code)):
        record()

    monkeypatch.undo()
    assert stage.path.read_bytes() == before
    assert [path.name for path in stage.path.parent.iterdir()] == [stage.path.name]


@pytest.mark.anyio
async def test_k14_hundreds_of_tasks_record_and_every_one_gets_its_answer_again(stage: Stage) -> None:
    import anyio

    answers: dict[int, str] = {}

    async def ask(number: int) -> None:
        response = await stage.async_client.get(f"https://api.test/{number}")
        answers[number] = response.json()["path"]

    for mode in ("once", "none"):
        answers.clear()
        with stage.use(mode):
            async with anyio.create_task_group() as tasks:
                for number in range(300):
                    tasks.start_soon(ask, number)
        assert answers == {number: f"/{number}" for number in range(300)}

    assert len(stage.server.asked) == 300


def test_k13_who_replays_what_another_process_is_recording_is_told_so(stage: Stage) -> None:
    stage.written(EPISODE)

    with stage.use("once"):
        with pytest.raises(cassettes.NoMatch):
            stage.client.get("https://api.test/new")
        with stage.path.open("a") as file:
            file.write(EPISODE)
        with pytest.raises(cassettes.CassetteLocked, match="another process is recording"):
            stage.client.get("https://api.test/new")


@pytest.mark.parametrize(
    ("mode", "locked", "count"), [("new_episodes", "", 2), ("update", ".new", 1), ("all", ".new", 2)]
)
def test_k15_a_lock_ends_with_the_process_that_held_it(stage: Stage, mode: str, locked: str, count: int) -> None:
    stage.written(EPISODE)
    program = (
        "import fcntl, sys, time\nfile = open(sys.argv[1], 'a+b')\nfcntl.flock(file, fcntl.LOCK_EX)\n"
        "print('locked', flush=True)\ntime.sleep(60)\n"
    )
    arguments = [sys.executable, "-c", program, f"{stage.path}{locked}"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        holder.kill()
        holder.wait()

        with stage.use(mode):
            stage.client.get("https://api.test/new")

    assert len(cassettes.load(stage.path)) == count


def test_k15_the_file_of_one_who_has_just_finished_is_nobodys(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.written(EPISODE)
    lock = fcntl.flock
    removed: list[str] = []

    def remove_first(descriptor: int, operation: int) -> None:
        beside = f"{stage.path}.new"
        if operation & fcntl.LOCK_NB and not removed:
            os.unlink(beside)  # as the other one does, between our opening of the file and our taking of its lock
            removed.append(beside)
        lock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", remove_first)

    with stage.use("update"):
        stage.client.get("https://api.test/users")
        assert os.path.exists(f"{stage.path}.new")

    assert removed
    assert len(cassettes.load(stage.path)) == 1


def test_k16_where_there_are_no_locks_one_warning_says_so(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    stage.written(EPISODE)

    def record() -> None:
        with stage.use("new_episodes"):
            stage.client.get("https://api.test/1")
            stage.client.get("https://api.test/2")

    with pytest.warns(cassettes.CassetteWarning, match="no locks") as warned:
        record()

    assert len(warned) == 1
    assert len(cassettes.load(stage.path)) == 3


def test_k17_new_files_are_made_as_the_umask_says_and_appending_keeps_links(stage: Stage) -> None:
    before = os.umask(0o027)
    try:
        with stage.use("once"):
            stage.client.get("https://api.test/1")
    finally:
        os.umask(before)
    twin = stage.path.parent / "twin.yaml"
    os.link(stage.path, twin)

    with stage.use("new_episodes"):
        stage.client.get("https://api.test/2")

    assert stage.path.stat().st_mode & 0o777 == 0o640
    assert twin.read_bytes() == stage.path.read_bytes()


def test_k19_a_block_that_fails_keeps_the_whole_interactions_that_it_had(stage: Stage) -> None:
    def fail() -> None:
        with stage.use("once"):
            stage.client.get("https://api.test/1")
            with stage.client.stream("GET", "https://api.test/2"):
                raise RuntimeError("the test failed")

    with pytest.raises(RuntimeError, match="the test failed"):
        fail()

    first, second = cassettes.load(stage.path).interactions
    assert first.response is not None
    assert second.response is not None
    assert not first.response.is_cut


def signed_in(request: understudy.Request) -> understudy.Response:
    """Answer as a server does that redirects, wants a password, and sets a cookie."""
    if request.url.path == "/start":
        return understudy.Response(302, headers={"location": "/home", "set-cookie": "visit=1; Path=/"})
    if "authorization" not in request.headers:
        return understudy.Response(401, headers={"www-authenticate": 'Digest realm="r", nonce="n", qop="auth"'})
    return understudy.Response(200, text=f"hello, {request.headers.get('cookie', 'nobody')}")


def test_k26_every_hop_is_recorded_and_cookies_and_passwords_work_again(stage: Stage) -> None:
    stage.server.reply = signed_in
    auth = understudy.DigestAuth("ada", "a-password-of-ada")
    options: dict[str, Any] = {"auth": auth, "follow_redirects": True}

    with stage.use("once"), understudy.Client(transport=understudy.MockTransport(stage.server)) as client:
        live = client.get("https://api.test/start", **options)
    with stage.use("none") as cassette, understudy.Client() as client:
        again = client.get("https://api.test/start", **options)

    assert live.text == again.text == "hello, visit=1"
    assert [response.status_code for response in again.history] == [302, 401]
    assert [interaction.summary for interaction in cassette.played] == [
        "GET /start -> 302",
        "GET /home -> 401",
        "GET /home -> 200",
    ]
    assert "a-password-of-ada" not in stage.text


def test_k27_twenty_megabytes_are_opened_in_little_time(stage: Stage) -> None:
    document = EPISODE.replace("[ada, grace]", json.dumps(["x" * 80] * 24)).replace("/users", "/users/{0}")
    stage.written(*(document.replace("{0}", str(number)) for number in range(10_000)))
    assert stage.path.stat().st_size > 20_000_000
    started = time.process_time()

    with stage.use("none"):
        assert stage.client.get("https://api.test/users/9999").json() == ["x" * 80] * 24

    assert time.process_time() - started < 10


def test_k34_answers_of_another_day_play_today(stage: Stage) -> None:
    old = {"date": "Wed, 01 Jan 2020 00:00:00 GMT", "expires": "Wed, 01 Jan 2020 00:00:00 GMT"}
    cookie = "sid=a-session-of-then; Expires=Thu, 02 Jan 2020 00:00:00 GMT"
    stage.server.reply = lambda request: understudy.Response(200, headers={**old, "set-cookie": cookie}, text="then")

    for mode in ("once", "none"):
        with stage.use(mode):
            assert stage.client.get("https://api.test/1").headers["date"] == old["date"]
            assert stage.client.get("https://api.test/2").text == "then"

    assert len(stage.server.asked) == 2


def test_k34_a_clock_that_jumps_back_reorders_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(range(10_000, 0, -1))
    monkeypatch.setattr(time, "time", lambda: float(next(times)))

    with stage.use("once"):
        for number in range(5):
            stage.client.get(f"https://api.test/{number}")

    monkeypatch.undo()
    found = cassettes.load(stage.path).interactions
    assert [item.request.url[-1] for item in found] == ["0", "1", "2", "3", "4"]
    assert all((item.took or 0) >= 0 for item in found)


DETERMINISTIC = """
import sys, understudy
from understudy import cassettes
def answer(request):
    data = {"b": 1, "a": {"z": 1, "y": "T\\u00fcr"}}
    return understudy.Response(200, json=data, headers=[("X-B", "1"), ("X-A", "2")])
with cassettes.use(sys.argv[1]), understudy.Client(transport=understudy.MockTransport(answer)) as client:
    form = {"z": "1", "password": "a-password-of-mine"}
    client.post("https://api.test/?b=1&a=2&token=a-secret-of-mine", data=form)
"""


def test_k37_the_bytes_depend_on_neither_hash_seed_nor_locale_nor_time_zone(tmp_path: Path) -> None:
    written: set[bytes] = set()
    for number, (seed, locale, zone) in enumerate([("0", "C", "UTC"), ("7", "C.UTF-8", "Asia/Kolkata")]):
        path = tmp_path / f"{number}.yaml"
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": locale, "TZ": zone}
        subprocess.run([sys.executable, "-c", DETERMINISTIC, str(path)], env=environment, check=True)
        lines = path.read_bytes().split(b"\n")
        written.add(b"\n".join(line for line in lines if not line.startswith((b"recorded:", b"  took:"))))

    assert len(written) == 1
