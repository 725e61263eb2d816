"""Files that say who answers which URL."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import understudy
from understudy import cassettes
from understudy.cassettes.swapping import Swap, opened
from understudy.client.transports.openers import FromEnvironment

from .conftest import EPISODE

if TYPE_CHECKING:
    from .conftest import Stage

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file, in a folder with a cassette and an application."""
    (tmp_path / "tape.yaml").write_text("cassette: 1\n" + EPISODE, "utf-8")
    (tmp_path / "copy.yaml").write_text("cassette: 1\n" + EPISODE.replace("api.test", "copy.test"), "utf-8")
    (tmp_path / "shop_of_a_test.py").write_text(
        textwrap.dedent("""
            def app(environ, start_response):
                start_response("200 OK", [("content-type", "text/plain")])
                return [b"wsgi " + environ["PATH_INFO"].encode()]

            def make():
                async def app(scope, receive, send):
                    await send({"type": "http.response.start", "status": 200, "headers": []})
                    await send({"type": "http.response.body", "body": b"asgi"})
                return app

            class Shelf:
                app = staticmethod(app)
        """),
        "utf-8",
    )
    return tmp_path / "understudy.yaml"


def written(file: Path, text: str) -> str:
    file.write_text(textwrap.dedent(text), "utf-8")
    return str(file)


EVERYTHING = """
    understudy: 1
    vars: {who: Ada}
    transports:
      "*": block
      https://api.test: {cassette: tape.yaml, mode: none}
      copy.test: copy.yaml
      users.test:
        routes:
          - GET /users/{id:int}: {json: {name: "{who}"}}
      half.test: {routes: [GET /here: 204], unmatched: network}
      shop.test: {app: "shop_of_a_test:app"}
      shelf.test: {app: "shop_of_a_test:Shelf.app"}
      localhost: network
"""


def test_each_url_is_answered_by_whom_the_file_says(file: Path, stage: Stage) -> None:
    with opened(written(file, EVERYTHING)) as swap, understudy.stand_in(swap):
        get = stage.client.get
        assert get("https://api.test/users").json() == ["ada", "grace"]
        assert get("https://copy.test/users").json() == ["ada", "grace"]
        assert get("https://users.test/users/7").json() == {"name": "Ada"}
        assert get("https://shop.test/tea").text == "wsgi /tea"
        assert get("http://shelf.test/tea").text == "wsgi /tea"
        assert get("http://localhost:8000/x").json() == {"path": "/x"}
        assert get("http://half.test/here").status_code == 204
        assert get("http://half.test/there").json() == {"path": "/there"}
        with pytest.raises(understudy.mock.UnmatchedRequest):
            get("https://users.test/nobody")
        with pytest.raises(cassettes.NoMatch):
            get("https://api.test/nobody")
        with pytest.raises(
            cassettes.RequestBlocked, match=r"understudy.yaml:5: GET https://else.test/ is blocked"
        ) as blocked:
            get("https://else.test/")

    assert blocked.value.request is not None
    assert [request.url.host for request in stage.server.asked] == ["localhost", "half.test"]


@pytest.mark.anyio
async def test_tasks_are_answered_as_well(file: Path, stage: Stage) -> None:
    text = EVERYTHING.replace("shop_of_a_test:app", "shop_of_a_test:make()")

    with opened(written(file, text)) as swap, understudy.stand_in(swap):
        get = stage.async_client.get
        assert (await get("https://api.test/users")).json() == ["ada", "grace"]
        assert (await get("https://users.test/users/7")).json() == {"name": "Ada"}
        assert (await get("https://shop.test/tea")).text == "asgi"
        assert (await get("http://localhost:8000/x")).json() == {"path": "/x"}
        with pytest.raises(cassettes.RequestBlocked):
            await get("https://else.test/")


def test_a_cassette_of_the_file_records_beside_it(file: Path, stage: Stage) -> None:
    name = written(
        file,
        "transports: {https://new.test: {cassette: tapes/new.yaml, ignore: [query.n], vars: {a: b}}, b.test: network}",
    )

    for number in (1, 2):
        with opened(name) as swap, understudy.stand_in(swap):
            stage.client.get(f"https://new.test/?n={number}")

    assert len(stage.server.asked) == 1
    assert (file.parent / "tapes" / "new.yaml").exists()


def test_two_patterns_may_share_a_cassette_but_not_use_it_in_two_ways(file: Path, stage: Stage) -> None:
    name = written(file, "transports: {a.test: shared.yaml, b.test: {cassette: shared.yaml}}")
    with opened(name) as swap, understudy.stand_in(swap):
        stage.client.get("https://a.test/")
        stage.client.get("https://b.test/")
    assert len(cassettes.load(file.parent / "shared.yaml")) == 2

    written(file, "transports:\n  a.test: shared.yaml\n  b.test: {cassette: shared.yaml, mode: none}\n")
    with pytest.raises(cassettes.CassetteError, match=r"understudy.yaml:3:12: .*line 2 uses this cassette as well"):
        Swap(name)


def test_an_update_is_settled_when_the_block_succeeds_and_dropped_when_it_fails(file: Path, stage: Stage) -> None:
    name = written(file, "transports: {https://api.test: {cassette: tape.yaml, mode: update}}")
    tape = file.parent / "tape.yaml"
    before = tape.read_text("utf-8")

    def fail() -> None:
        with opened(name) as swap, understudy.stand_in(swap):
            stage.client.get("https://api.test/changed")
            raise RuntimeError("the test failed")

    with pytest.raises(RuntimeError, match="the test failed"):
        fail()
    assert tape.read_text("utf-8") == before

    with opened(name) as swap, understudy.stand_in(swap):
        stage.client.get("https://api.test/changed")
    assert "/changed -> 200" in tape.read_text("utf-8")


def test_a_file_that_cannot_be_opened_leaves_its_cassettes_to_others(file: Path) -> None:
    update = "transports:\n  a.test: {cassette: tape.yaml, mode: update}\n"
    with pytest.raises(cassettes.CassetteError, match="no such cassette"):
        Swap(written(file, f"{update}  b: {{cassette: nothing.yaml, mode: none}}\n"))  # the longer host comes first

    Swap(written(file, update)).close()

    assert not (file.parent / "tape.yaml.new").exists()


def test_behind_it_stand_outer_stand_ins(file: Path, stage: Stage) -> None:
    name = written(file, "transports: {api.test: network}")
    outer = understudy.MockTransport(lambda request: understudy.Response(200, text="outer"))

    with understudy.stand_in(outer), opened(name) as swap, understudy.stand_in(swap):
        assert stage.client.get("https://api.test/").text == "outer"


def test_a_cassette_stands_in_by_its_name(file: Path, stage: Stage) -> None:
    with opened(str(file.parent / "tape.yaml")) as tape, understudy.stand_in(tape):
        assert stage.client.get("https://api.test/users").json() == ["ada", "grace"]


def test_open_gives_one_client_a_cassette_or_what_a_file_says(file: Path) -> None:
    name = written(file, EVERYTHING)

    with understudy.Client(transport=cassettes.open(name)) as client:
        assert client.get("https://api.test/users").json() == ["ada", "grace"]
    with understudy.Client(transport=cassettes.open(file.parent / "tape.yaml", mode="none")) as client:
        assert client.get("https://api.test/users").json() == ["ada", "grace"]
    with understudy.Client(transport=cassettes.open(file.parent / "tape.yaml")) as client:
        assert client.get("https://api.test/users").json() == ["ada", "grace"]
    assert repr(cassettes.open(name)).startswith(f"<Swap {name!r}: all://")
    with pytest.raises(TypeError, match=r"say mode, match there, not in code"):
        cassettes.open(name, mode="once", match=["url"])


@pytest.mark.anyio
async def test_open_gives_an_asynchronous_client_the_same(file: Path) -> None:
    async with understudy.AsyncClient(transport=cassettes.open(written(file, EVERYTHING))) as client:
        assert (await client.get("https://api.test/users")).json() == ["ada", "grace"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", r":1: the file is empty"),
        ("transport: {}\n", r":1:1: the file has no member `transport:`\nDid you mean `transports:`\?"),
        ("vars: {a: b}\n", r":1:1: this file has no `transports:`"),
        ("transports: []\n", r":1:1: `transports:` maps patterns"),
        ("understudy: 2\ntransports: {a.test: block}\n", r":1:1: .*the version"),
        ("transports: {a.test: bock}\n", r":1:14: 'bock' is nobody who answers\nDid you mean block\?"),
        ("transports:\n  a.test: nobody\n", r":2:3: 'nobody'.*\nWrite network, block"),
        ("transports:\n  a.test: 3\n", r":2:3: 'a.test' is answered by nobody"),
        ("transports:\n  htps://a.test: block\n", r":2:3: 'htps' is no scheme.*\nDid you mean https\?"),
        ("transports:\n  https://a.test/v1: block\n", r":2:3: 'https://a.test/v1' has a path"),
        ("transports:\n  'https://a b': block\n", r":2:3: 'https://a b' is no pattern"),
        ("transports:\n  a.test: block\n  all://a.test: network\n", r":3:3: 'all://a.test' was said on line 2"),
        ("transports:\n  a.test: block\n  A.TEST: network\n", r":3:3: 'A.TEST' was said on line 2"),
        ("transports:\n  '*': block\n  all://*: network\n", r":3:3: 'all://\*' was said on line 2"),
        ("transports:\n  10.0.0.0/8: block\n  all://10.0.0.0/8: network\n", r":3:3: .* was said on line 2"),
        ("transports:\n  a.test: block\n  a.test: network\n", r":3:3: the file holds the key 'a.test' for the second"),
        ("transports:\n  a.test: block\n   b.test: network\n", r":3:10: not valid YAML"),
        (
            "transports:\n  a.test:\n    casette: x.yaml\n",
            r":3:5: the entry of 'a.test' has no member `casette:`\nDid you mean `cassette:`\?",
        ),
        ("transports:\n  a.test: {cassette: x.yaml, app: 'a:b'}\n", r":2:3: .* `cassette:` and `app:`\nSay one of"),
        ("transports:\n  a.test: {cassette: x.yaml, mod: once}\n", r":2:30: .*`mod:`\nDid you mean `mode:`\?"),
        ("transports:\n  a.test: {cassette: x.yaml, mode: onse}\n", r":2:30: .*\nDid you mean once\?"),
        ("transports:\n  a.test: {cassette: x.yaml, mode: 3}\n", r":2:30: .*\nWrite one of none"),
        ("transports:\n  a.test: {cassette: 3}\n", r":2:12: `cassette:` is the name"),
        ('transports:\n  a.test: "a\\0.yaml"\n', r":2:3: .*it holds a NUL"),
        ("transports:\n  a.test: {cassette: x.yaml, repeats: twice}\n", r":2:30: `repeats` is one of"),
        ("transports:\n  a.test: {cassette: x.yaml, clock: x}\n", r":2:30: .*no member `clock:`"),
        ("transports:\n  a.test: {cassette: x.yaml, mode: none}\n", r":2:12: .*x.yaml: there is no such cassette"),
        ("transports:\n  a.test: {routes: {}}\n", r":2:12: `routes:` is a list"),
        ("transports:\n  a.test: {routes: [], unmatched: pass}\n", r":2:24: `unmatched:` is error or network"),
        ("transports:\n  a.test: {routes: [GET /a: 200, GEET b c: 1]}\n", r":2:34: the route 'GEET b c' is wrong"),
        ("transports:\n  a.test: {app: 'shop'}\n", r":2:12: `app:` names a module"),
        ("transports:\n  a.test: {app: 'no_such_module:app'}\n", r":2:12: .*ModuleNotFoundError"),
        ("transports:\n  a.test: {app: 'shop_of_a_test:ap'}\n", r":2:12: .*AttributeError"),
        ("transports:\n  a.test: {app: 'shop_of_a_test:__name__'}\n", r":2:12: .*cannot be loaded"),
        ("vars: [a]\ntransports: {a.test: block}\n", r":1:1: `vars` is a mapping"),
        ("transports: {a.test: !x block}\n", r":1:22: the file holds a tag"),
    ],
)
def test_every_mistake_is_an_error_with_its_place_and_the_right_word(file: Path, text: str, problem: str) -> None:
    file.write_text(text, "utf-8")

    with pytest.raises(cassettes.CassetteError, match=rf"understudy\.yaml{problem}"):
        cassettes.open(file)


def test_what_a_port_or_a_range_of_addresses_tells_apart_may_both_be_said(file: Path) -> None:
    text = "transports: {a.test: block, 'a.test:80': network, 10.0.0.0/8: block, 10.0.0.0/16: network, 10.0.0.0: block}"
    file.write_text(text, "utf-8")

    assert repr(cassettes.open(file)).count("all://") == 5


def test_a_file_of_transports_is_no_cassette_and_the_error_says_how_to_open_it(file: Path) -> None:
    with pytest.raises(cassettes.NotACassette, match=r"Open it with understudy\.stand_in\(path\)"):
        cassettes.load(written(file, EVERYTHING))


def test_a_file_that_is_not_there_is_missing(file: Path) -> None:
    with pytest.raises(cassettes.CassetteMissing, match="there is no such file"):
        Swap(str(file))


PROGRAM = """
import sys, threading, understudy
print(understudy.get("https://users.test/users/7").json()["name"])
thread = threading.Thread(target=lambda: print(understudy.get("https://users.test/users/8").json()["name"]))
thread.start()
thread.join()
with understudy.stand_in(understudy.MockTransport(lambda request: understudy.Response(200, json={"name": "inner"}))):
    print(understudy.get("https://users.test/users/7").json()["name"])
    thread = threading.Thread(target=lambda: print(understudy.get("https://users.test/users/8").json()["name"]))
    thread.start()
    thread.join()
try:
    understudy.get("https://else.test/")
except Exception as error:
    print(type(error).__name__)
"""


def test_a_program_that_cannot_be_edited_is_answered_by_the_file_that_its_environment_names(file: Path) -> None:
    name = written(file, EVERYTHING)
    entry_points = file.parent / "site" / "understudy-0.dist-info"
    entry_points.mkdir(parents=True)
    (entry_points / "METADATA").write_text("Name: understudy\nVersion: 0\n", "utf-8")
    (entry_points / "entry_points.txt").write_text(
        "[understudy.stand_ins]\nyaml = understudy.cassettes.swapping:opened\n", "utf-8"
    )
    path = os.pathsep.join([str(file.parent / "site"), str(REPOSITORY)])
    environment = {**os.environ, "UNDERSTUDY": name, "PYTHONPATH": path}

    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)

    assert done.stdout.split() == ["Ada", "Ada", "inner", "inner", "RequestBlocked"], done.stderr


def test_a_mistake_in_the_file_of_the_environment_is_said_with_the_first_request(file: Path) -> None:
    name = written(file, "transport: {}")
    stand_in = FromEnvironment(name)

    for _ in range(2):
        with pytest.raises(cassettes.CassetteDamaged, match=r"Did you mean `transports:`"):
            stand_in.in_front_of(None)
