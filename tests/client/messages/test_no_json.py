from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from understudy import Request, Response

REQUEST = Request("GET", "https://ada:s3cret@api.test/users?token=s3cret")


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (
            Response(200, html="<html>", request=REQUEST),
            "GET https://ada:[secure]@api.test/users?token=[secure] answered 200 OK with 6 bytes of text/html",
        ),
        (Response(204), "204 No Content with an empty body"),
        (Response(299, content=b"?"), "299 with 1 byte of no Content-Type"),
    ],
)
def test_the_error_says_what_the_answer_was_instead(response: Response, said: str) -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        response.json()

    assert str(caught.value) == f"Expecting value: line 1 column 1 (char 0); {said}"
    assert (caught.value.msg, caught.value.pos) == ("Expecting value", 0)
    assert pickle.loads(pickle.dumps(caught.value)).pos == 0


def test_a_parser_of_ones_own_says_what_it_likes() -> None:
    def loads(content: bytes) -> Any:
        raise ValueError("no")

    with pytest.raises(ValueError, match=r"^no$"):
        Response(200, text="?").json(loads=loads)
