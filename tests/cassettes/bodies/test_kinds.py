"""Bodies as documents say them, without what their forms hide."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from understudy import cassettes

if TYPE_CHECKING:
    from ..conftest import Stage

BOUNDED = {"Content-Type": "multipart/form-data; boundary=b"}


@pytest.mark.parametrize("password", ["first \nsecond", "first\r\nsecond", "x" * 70_000, "\u20ac \n" * 40_000])
def test_a_password_of_any_kind_in_a_part_of_a_form_is_a_mark(stage: Stage, password: str) -> None:
    body = f'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n{password}\r\n--b--\r\n'.encode()
    with stage.use():
        stage.client.post("https://api.test/", content=body, headers=BOUNDED)

    with stage.use("none"):
        stage.client.post("https://api.test/", content=body, headers=BOUNDED)

    content = cassettes.load(stage.path).interactions[0].request.content
    assert content == body.replace(password.encode(), b"__REDACTED_password_1__")
    assert not (stage.path.parent / "_blobs").exists()


@pytest.mark.once
def test_a_long_form_is_a_file_without_what_its_author_hides(stage: Stage) -> None:
    pairs = [("iban", "DE02120300000000202051"), *((f"name{number}", "1") for number in range(70_000))]
    with stage.use(redact=["form.iban"]):
        stage.client.post("https://api.test/", data=dict(pairs))

    with stage.use("none", redact=["form.iban"]):
        stage.client.post("https://api.test/", data=dict(pairs))

    (path,) = (stage.path.parent / "_blobs").iterdir()
    assert path.read_text("ascii") == urlencode([("iban", "__REDACTED_secret_1__"), *pairs[1:]])
    assert "file: _blobs/" in stage.text
