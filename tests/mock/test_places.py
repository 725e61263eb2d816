"""Where something was written."""

from __future__ import annotations

import os

from understudy.mock import Place
from understudy.mock.places import NOWHERE, here, shortened


def test_here_is_the_line_of_the_caller() -> None:
    place = here()

    assert place.path == __file__
    assert place.function == "test_here_is_the_line_of_the_caller"
    assert str(place) == f"{os.path.relpath(__file__)}:{place.line}"


def test_a_place_is_what_it_says() -> None:
    place = Place("shop.yaml", 7)

    assert str(place) == "shop.yaml:7"
    assert repr(place) == "Place('shop.yaml:7')"
    assert place.function == ""
    assert place == Place("shop.yaml", 7)
    assert place != Place("shop.yaml", 8)
    assert len({place, Place("shop.yaml", 7)}) == 1
    assert str(NOWHERE) == "<unknown>:0"


def test_a_path_far_away_stays_as_it_is() -> None:
    assert shortened("/") == "/"
    assert shortened(os.path.join(os.getcwd(), "a.py")) == "a.py"
