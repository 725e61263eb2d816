"""Content codings undone: bounded steps, whole bodies, one kind of error, no bombs."""

from __future__ import annotations

import gzip
import importlib
import importlib.util
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

from understudy.client.bodies import decode
from understudy.client.bodies.compress import compress_bytes
from understudy.client.bodies.decode import STEP_SIZE, content_decoder, supported_encodings
from understudy.client.errors import DecodingError, LimitExceeded

brotli: Any = importlib.import_module("brotli")  # it has no types

DATA = Path(__file__).parents[4] / "shared" / "data"
TEXT = b"the quick brown fox jumps over the lazy dog, " * 2_000


def raw_deflate(content: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(content) + compressor.flush()


def zstd(content: bytes) -> bytes:
    return compress_bytes(content, "zstd")


def brotlied(content: bytes) -> bytes:
    packed: bytes = brotli.compress(content, quality=3)
    return packed


CODINGS: dict[str, tuple[str, Any]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "br": ("br", brotlied),
    "zstd": ("zstd", zstd),
}
each_coding = pytest.mark.parametrize(("coding", "pack"), CODINGS.values(), ids=CODINGS)


def undone(wire: bytes, *codings: str, size: int = 1_000_000, **guards: Any) -> bytes:
    decoder = content_decoder(codings, **guards)
    assert decoder is not None
    pieces: list[bytes] = []
    for start in range(0, len(wire), size):
        pieces.extend(decoder.decode(wire[start : start + size]))
    pieces.extend(decoder.flush())
    return b"".join(pieces)


def vectors(folder: str) -> Path:
    path = DATA / folder
    if not path.is_dir():
        pytest.skip(f"the public test vectors are not there: ../shared/data/{folder}")
    return path


@each_coding
@pytest.mark.parametrize("size", [1, 2, 100, 1_000_000])
@pytest.mark.parametrize("content", [b"", b"x", TEXT], ids=["empty", "one byte", "text"])
def test_a_body_comes_back_however_it_is_cut(coding: str, pack: Any, size: int, content: bytes) -> None:
    assert undone(pack(content), coding, size=size) == content


@each_coding
def test_an_empty_body_is_empty_in_every_coding(coding: str, pack: Any) -> None:
    assert undone(b"", coding) == b""


@each_coding
@pytest.mark.parametrize("kept", [1, 2, 5, 20, -1])
def test_a_truncated_body_is_a_decoding_error(coding: str, pack: Any, kept: int) -> None:
    with pytest.raises(DecodingError, match=r"ended in the middle|not valid"):
        undone(pack(TEXT)[:kept], coding)


@each_coding
def test_a_corrupt_body_is_a_decoding_error_that_keeps_its_cause(coding: str, pack: Any) -> None:
    wire = b"\xff" * 8 + pack(TEXT)[8:]

    with pytest.raises(DecodingError, match=coding) as caught:
        undone(wire, coding)

    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_a_body_that_is_corrupt_in_the_middle_is_a_decoding_error(coding: str) -> None:
    wire = bytearray(CODINGS[coding][1](TEXT))
    wire[len(wire) // 2 : len(wire) // 2 + 8] = b"\xff" * 8

    with pytest.raises(DecodingError, match=coding):
        undone(bytes(wire), coding)


@pytest.mark.parametrize("coding", ["br", "zstd"])
@pytest.mark.parametrize("size", [1, 1_000_000])
def test_data_after_the_end_is_a_decoding_error(coding: str, size: int) -> None:
    with pytest.raises(DecodingError, match=f"not valid {coding}"):
        undone(CODINGS[coding][1](TEXT) + b"garbage", coding, size=size)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("size", [1, 2, 1_000_000])
@pytest.mark.parametrize(
    "after", [b"\r\n", b"<!-- cached -->", bytes(9) + b"\n", b"\x1f", b"\x1f\x1f\x8b", b"x\x1f\x8b"]
)
def test_what_some_servers_append_to_gzip_and_deflate_is_ignored(coding: str, size: int, after: bytes) -> None:
    assert undone(CODINGS[coding][1](TEXT) + after, coding, size=size) == TEXT


@pytest.mark.parametrize("size", [1, 1_000_000])
def test_a_second_gzip_member_that_is_corrupt_or_cut_is_a_decoding_error(size: int) -> None:
    for after in (b"\x1f\x8b", b"\x1f\x8bgarbage", gzip.compress(TEXT)[:-5]):
        with pytest.raises(DecodingError, match="gzip"):
            undone(gzip.compress(TEXT) + after, "gzip", size=size)


@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("zstd", zstd)])
@pytest.mark.parametrize("size", [1, 7, 1_000_000])
def test_several_members_or_frames_are_one_body(coding: str, pack: Any, size: int) -> None:
    assert undone(pack(b"one ") + pack(b"") + pack(b"two"), coding, size=size) == b"one two"


@pytest.mark.parametrize("size", [1, 1_000_000])
def test_zero_bytes_after_a_gzip_member_are_padding(size: int) -> None:
    padding = bytes(512)

    assert undone(gzip.compress(b"one ") + padding + gzip.compress(b"two") + padding, "gzip", size=size) == b"one two"


def test_zero_bytes_before_a_gzip_member_are_not() -> None:
    with pytest.raises(DecodingError):
        undone(bytes(8) + gzip.compress(b"one"), "gzip")


def test_a_zstd_window_beyond_8_mib_is_refused() -> None:
    # RFC 8878, 3.1.1.1: magic number, no content size, a window descriptor of 2**27 bytes.
    with pytest.raises(DecodingError, match="zstd"):
        undone(b"\x28\xb5\x2f\xfd\x00" + bytes([(27 - 10) << 3]) + b"\x01\x00\x00", "zstd")


def test_an_empty_piece_is_nothing() -> None:
    decoder = content_decoder(["gzip"])
    assert decoder is not None

    assert list(decoder.decode(b"")) == decoder.flush() == []


# Chains


def test_codings_are_undone_last_first_over_all_lines() -> None:
    wire = gzip.compress(zlib.compress(brotlied(TEXT)))

    assert undone(wire, "br, deflate", "gzip") == TEXT
    assert undone(wire, "BR,, Deflate ", " GZIP", size=100) == TEXT


def test_five_codings_are_undone() -> None:
    wire = TEXT
    for _ in range(5):
        wire = gzip.compress(wire)

    assert undone(wire, "gzip, gzip", "gzip", "gzip, gzip") == TEXT


@pytest.mark.parametrize(
    "codings", [["gzip"] * 6, ["gzip, " * 6], ["gzip"] * 1_000, ["gzip," * 1_000], ["identity"] * 6]
)
def test_more_codings_are_refused_before_a_byte_is_read(codings: list[str]) -> None:
    with pytest.raises(DecodingError, match="at most 5"):
        content_decoder(codings)


@pytest.mark.parametrize(
    "codings", [[], [""], ["identity"], ["Identity", ","], ["compress"], ["gzip, nope"], ["nope, gzip"]]
)
def test_nothing_to_undo_and_unknown_codings_leave_the_body_as_it_is(codings: list[str]) -> None:
    assert content_decoder(codings) is None


def test_identity_among_others_is_nothing() -> None:
    assert undone(gzip.compress(TEXT), "identity, gzip") == TEXT


def test_a_truncated_body_inside_a_whole_one_is_seen() -> None:
    with pytest.raises(DecodingError, match="middle of its deflate data"):
        undone(gzip.compress(zlib.compress(TEXT)[:-5]), "deflate, gzip")


def test_a_decoder_says_what_it_undoes() -> None:
    assert repr(content_decoder(["deflate, gzip"])) == "<ContentDecoder deflate, gzip>"


# Bounds


@each_coding
def test_output_comes_in_bounded_pieces_and_only_when_asked_for(coding: str, pack: Any) -> None:
    size = 8 * 1024 * 1024
    decoder = content_decoder([coding])
    assert decoder is not None

    pieces = decoder.decode(pack(bytes(size)))

    assert 0 < len(next(pieces)) <= 2 * STEP_SIZE
    rest = [len(piece) for piece in pieces]
    assert max(rest) <= 2 * STEP_SIZE
    decoder.flush()


@pytest.mark.parametrize(("coding", "pack", "end"), [("gzip", gzip.compress, 9), ("deflate", zlib.compress, 5)])
def test_what_can_be_read_already_is_not_held_back(coding: str, pack: Any, end: int) -> None:
    content = bytes(STEP_SIZE + 200)
    decoder = content_decoder([coding])
    assert decoder is not None

    assert sum(map(len, decoder.decode(pack(content)[:-end]))) == len(content)


def test_a_large_piece_of_input_takes_linear_time() -> None:
    wire = gzip.compress(bytes(range(256)) * 100_000, 0)

    assert len(undone(wire, "gzip", size=len(wire))) == 25_600_000


@each_coding
def test_a_bomb_is_refused(coding: str, pack: Any) -> None:
    wire = pack(bytes(40 * 1024 * 1024))
    decoder = content_decoder([coding])
    assert decoder is not None
    received = 0

    pieces = decoder.decode(wire)

    while received <= 31 * 1024 * 1024:
        received += len(next(pieces))
    with pytest.raises(LimitExceeded, match="decompression bomb") as caught:
        b"".join(pieces)

    assert caught.value.limit == 32 * 1024 * 1024
    assert caught.value.value is not None
    assert caught.value.value > caught.value.limit


def test_a_bomb_in_the_middle_of_a_chain_is_refused() -> None:
    # What the outer coding inflates to, the inner one takes and gives nothing for: empty gzip members.
    inner = gzip.compress(b"") * 10_000

    with pytest.raises(LimitExceeded):
        undone(gzip.compress(inner), "gzip, gzip", ratio_floor=100_000)


def test_the_guard_can_be_set_and_switched_off() -> None:
    wire = gzip.compress(bytes(1_000_000))

    assert len(undone(wire, "gzip", max_ratio=None, ratio_floor=0)) == 1_000_000
    assert len(undone(wire, "gzip", max_ratio=2_000, ratio_floor=0)) == 1_000_000
    with pytest.raises(LimitExceeded):
        undone(wire, "gzip", max_ratio=10, ratio_floor=1_000)


def test_a_large_body_that_compresses_well_is_no_bomb() -> None:
    content = b"".join(b"%d " % (number * number) for number in range(40_000)) * 5

    assert undone(zlib.compress(content, 1), "deflate", ratio_floor=len(content) // 10) == content


def test_a_codec_without_progress_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stuck:
        def step(self, data: bytes) -> tuple[bytes, bytes, bool]:
            return b"", data, False

        def is_complete(self) -> bool:
            return False

    monkeypatch.setitem(decode._CODECS, "stuck", Stuck)  # pyright: ignore[reportPrivateUsage]

    with pytest.raises(DecodingError, match="no progress"):
        undone(b"x", "stuck")


# Packages that may be missing


def missing(*names: str) -> Any:
    genuine = importlib.import_module

    def import_module(name: str) -> Any:
        if name in names:
            raise ImportError(name)
        return genuine(name)

    return import_module


def test_without_their_packages_br_and_zstd_leave_the_body_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        importlib, "import_module", missing("brotli", "brotlicffi", "backports.zstd", "compression.zstd")
    )

    assert content_decoder(["br"]) is None
    assert content_decoder(["zstd"]) is None


class OldDecompressor:
    """The interface of brotli before 1.2, and of brotlicffi."""

    def __init__(self) -> None:
        self._inner: Any = brotli.Decompressor()
        self.largest = 0

    def decompress(self, data: bytes) -> bytes:
        self.largest = max(self.largest, len(data))
        given: bytes = self._inner.process(data)
        return given

    def is_finished(self) -> bool:
        return bool(self._inner.is_finished())


def test_brotli_that_cannot_be_bounded_gets_little_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[OldDecompressor] = []

    class Package:
        @staticmethod
        def Decompressor() -> OldDecompressor:
            made.append(OldDecompressor())
            return made[-1]

    monkeypatch.setitem(sys.modules, "brotlicffi", Package)
    monkeypatch.setattr(importlib, "import_module", missing("brotli"))
    content = b"".join(b"%d " % (number * number) for number in range(10_000))

    assert undone(brotlied(content), "br") == content
    assert made[0].largest <= 256


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ({"brotli", "backports.zstd", "_zstd"}, "gzip, deflate, br, zstd"),
        ({"brotlicffi"}, "gzip, deflate, br"),
        ({"backports.zstd", "_zstd"}, "gzip, deflate, zstd"),
        ({"something else"}, "gzip, deflate"),
    ],
)
def test_accept_encoding_lists_what_is_installed(there: set[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def find_spec(name: str) -> object:
        if name not in there and "." in name:
            raise ModuleNotFoundError(name)
        return name if name in there else None

    monkeypatch.setattr(decode, "_supported", [])
    monkeypatch.setattr(importlib.util, "find_spec", find_spec)

    assert supported_encodings() == said
    assert supported_encodings() == said


def test_accept_encoding_imports_no_codec() -> None:
    program = (
        "import sys; from understudy.client.bodies.decode import supported_encodings; supported_encodings(); "
        "print([name for name in sys.modules if 'brotli' in name or 'zstd' in name and name != '_zstd'])"
    )

    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "[]"


# Public vectors


def test_brotli_vectors_decode_to_what_they_stand_for() -> None:
    folder = vectors("brotli-testdata")
    seen = 0
    for path in sorted(folder.glob("*.compressed*")):
        plain = folder / path.name.partition(".compressed")[0]
        if not plain.exists():
            continue
        seen += 1
        for size in (1, 1_000_000):
            assert undone(path.read_bytes(), "br", size=size) == plain.read_bytes(), path.name
    assert seen > 20


@pytest.fixture
def recent_zstd() -> None:
    """Skip where the library that Python was built with is an old one, which reads some of these files otherwise."""
    module: Any = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")
    if module.zstd_version_info < (1, 5, 5):
        pytest.skip(f"libzstd {module.zstd_version} is older than the files")


@pytest.mark.usefixtures("recent_zstd")
@pytest.mark.parametrize("name", ["off0.bin.zst", "truncated_huff_state.zst", "zeroSeq_extraneous.zst"])
def test_corrupt_zstd_vectors_are_decoding_errors(name: str) -> None:
    with pytest.raises(DecodingError):
        undone((vectors("zstd-golden") / name).read_bytes(), "zstd")


@pytest.mark.usefixtures("recent_zstd")
@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("block-128k.zst", 131_068),
        ("empty-block.zst", 0),
        ("rle-first-block.zst", 1_048_576),
        ("zeroSeq_2B.zst", 13),
    ],
)
def test_good_zstd_vectors_decode(name: str, size: int) -> None:
    wire = (vectors("zstd-golden") / name).read_bytes()

    assert undone(wire, "zstd", max_ratio=None) == undone(wire, "zstd", size=1, max_ratio=None)
    assert len(undone(wire, "zstd", max_ratio=None)) == size
