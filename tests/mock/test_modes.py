from __future__ import annotations

import pytest

from understudy import mock


def test_routers_made_in_the_block_play_so_unless_they_say_how() -> None:
    with mock.playing("wire"):
        unsaid, said = mock.Router(), mock.Router(mode="mock")
    after = mock.Router()

    assert (unsaid.mode, said.mode, after.mode) == ("wire", "mock", "mock")


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(mock.RouteError, match="'mock' or 'wire', not 'network'"), mock.playing("network"):
        pass
