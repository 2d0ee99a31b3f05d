"""Undo content codings (RFC 9110, 8.4) without ever holding more than the limit allows.

The only room that knows brotli and zstandard. Every decoder is asked for small pieces, and each piece is
counted before the next is made, so that a bomb is stopped at the limit and not at the end of memory.
"""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Protocol

import brotli

from feeds.errors import FetchError, TooLarge

try:
    import zstandard
except ImportError:
    zstandard = None  # type: ignore[assignment]  # an extra: without it zstd is not asked for

PIECE = 64 * 1024
"""About as many bytes does a decoder make at once (brotli up to twice, zstd up to 2 MiB)."""
LAYERS = 2
"""Most codings around one body: two is a common mistake, more is an attack."""
MEMBERS = 1000
"""Most gzip members, or zstd frames, in one body: each costs a fresh decoder."""
SNIFFED = 32
"""As many bytes decide whether a body is coded as declared."""
NOT_CODED = "sends a body that is not in the coding it declares; its operator has to mend that"
ZSTD_SLICE = 64
"""Input for one step: zstd makes up to 128 KiB of four bytes, and takes no limit on its output."""
ZSTD_WINDOW = 23
"""Binary logarithm of the largest window that RFC 9659 allows in HTTP, 8 MiB."""

GZIP_MAGIC = b"\x1f\x8b\x08"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*(?:<[?!A-Za-z]|\{[ \t\r\n]*[\"}])")
_TEXT = bytes(range(0x20, 0x7F)) + b"\t\r\n"


class Decoder(Protocol):
    """One coding of one body."""

    @property
    def ended(self) -> bool:
        """Whether the coded data said that it is complete."""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Give what these bytes decode to, in pieces."""


class _Members:
    """A coding whose streams may follow each other (RFC 1952, 2.2; RFC 8878, 3).

    Anything else after a stream is padding, and ignored.
    """

    def __init__(self, magic: bytes, new: Callable[[], Any], run: _Run) -> None:
        self._magic, self._new, self._run = magic, new, run
        self._stream = new()
        self._count, self._held, self._over = 1, b"", False

    @property
    def ended(self) -> bool:
        return bool(self._stream.eof)

    def decode(self, data: bytes) -> Iterator[bytes]:
        data, self._held = self._held + data, b""
        while data and not self._over and self._ready(data):
            data = yield from self._run(self._stream, data)

    def _ready(self, data: bytes) -> bool:
        """Say whether these bytes belong to a stream, the present one or one that they begin."""
        if not self._stream.eof:
            return True
        if self._magic.startswith(data):
            self._held = data  # the first bytes of a further stream, it may be
            return False
        self._over = not (self._magic and data.startswith(self._magic))
        if self._over:
            return False
        self._count += 1
        if self._count > MEMBERS:
            raise zlib.error(f"more than {MEMBERS} members")
        self._stream = self._new()
        return True


_Run = Callable[[Any, bytes], Generator[bytes, None, bytes]]
"""Decode bytes with a stream's object; returns those that follow the stream's end."""


def _run_zlib(stream: Any, data: bytes) -> Generator[bytes, None, bytes]:
    full = True
    while not stream.eof and (data or full):
        piece = stream.decompress(data, PIECE)
        full, data = len(piece) == PIECE, stream.unconsumed_tail
        yield piece
    return bytes(stream.unused_data)


def _run_zstd(stream: Any, data: bytes) -> Generator[bytes, None, bytes]:
    for start in range(0, len(data), ZSTD_SLICE):
        end = start + ZSTD_SLICE
        yield stream.decompress(data[start:end])
        if stream.eof:
            return bytes(stream.unused_data) + data[end:]
    return b""


class _Deflate:
    """``deflate`` as servers send it: in zlib's wrapping, as RFC 9110, 8.4.1.2 wants, or bare."""

    def __init__(self) -> None:
        self._inner: Decoder | None = None

    @property
    def ended(self) -> bool:
        return self._inner is not None and self._inner.ended

    def decode(self, data: bytes) -> Iterator[bytes]:
        if self._inner is None:
            # The first data is always long enough: see Layer.
            wrapped = len(data) > 1 and data[0] & 15 == 8 and int.from_bytes(data[:2]) % 31 == 0
            window = zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS
            self._inner = _Members(b"", lambda: zlib.decompressobj(window), _run_zlib)
        return self._inner.decode(data)


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    @property
    def ended(self) -> bool:
        return bool(self._stream.is_finished())

    def decode(self, data: bytes) -> Iterator[bytes]:
        if self.ended:
            return
        piece = self._stream.process(data, output_buffer_limit=PIECE)
        while piece or not self._stream.can_accept_more_data():
            yield piece
            piece = b"" if self.ended else self._stream.process(b"", output_buffer_limit=PIECE)


def _gzip() -> Decoder:
    return _Members(GZIP_MAGIC, lambda: zlib.decompressobj(zlib.MAX_WBITS | 16), _run_zlib)


ZSTD_ERRORS: tuple[type[Exception], ...]
ZSTD: Mapping[str, Callable[[], Decoder]]
if sys.version_info >= (3, 14):
    from compression import zstd

    ZSTD_ERRORS = (zstd.ZstdError,)

    def _zstd() -> Decoder:
        options = {zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW}
        return _Members(ZSTD_MAGIC, lambda: zstd.ZstdDecompressor(options=options), _run_zstd)

    ZSTD = MappingProxyType({"zstd": _zstd})
elif zstandard is not None:
    ZSTD_ERRORS = (zstandard.ZstdError,)

    def _zstd() -> Decoder:
        opener = zstandard.ZstdDecompressor(max_window_size=2**ZSTD_WINDOW)
        return _Members(ZSTD_MAGIC, opener.decompressobj, _run_zstd)

    ZSTD = MappingProxyType({"zstd": _zstd})
else:
    ZSTD_ERRORS = ()
    ZSTD = MappingProxyType({})

DECODERS: Mapping[str, Callable[[], Decoder]] = MappingProxyType(
    {"gzip": _gzip, "deflate": _Deflate, "br": _Brotli, **ZSTD}
)
ACCEPTED = ", ".join(DECODERS)
"""The value of Accept-Encoding: what can be undone here, always in the same order, because an ETag may
depend on it."""
BROKEN = (zlib.error, brotli.error, *ZSTD_ERRORS)


class _Layer:
    """One coding, once it is certain that the body has it.

    Servers declare a coding over plain text, or twice what they did once, or not at all what they did: the
    first bytes tell.
    """

    def __init__(self, coding: str | None) -> None:
        self._coding = coding
        self._head: bytes | None = b""
        self._decoder: Decoder | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._head is not None:
            self._head += data
            if len(self._head) < SNIFFED:
                return
            data = self._begin()
        yield from (data,) if self._decoder is None else self._decoder.decode(data)

    def close(self) -> Iterator[bytes]:
        """Give what is left.

        Raises:
            EOFError: If the coded data ends too early.
        """
        if self._head:
            data = self._begin()
            yield from (data,) if self._decoder is None else self._decoder.decode(data)
        if self._decoder is not None and not self._decoder.ended:
            raise EOFError

    def _begin(self) -> bytes:
        head, self._head = self._head or b"", None
        coding = self._coding
        if coding is None and head.startswith(GZIP_MAGIC):
            coding = "gzip"
        if coding is not None and not plainly_text(head):
            self._decoder = DECODERS[coding]()
        return head


def plainly_text(head: bytes) -> bool:
    """Say whether the first bytes of a body are XML, HTML or JSON that nothing encodes.

    Deflate and brotli have no mark of their own, and may begin with a "<": so all of them must be ASCII.
    """
    return bool(_MARKUP.match(head)) and not head[:SNIFFED].removeprefix(b"\xef\xbb\xbf").translate(
        None, _TEXT
    )


class Inflater:
    """Takes a body as it comes over the wire and gives it decoded; at no stage may it pass the limit.

    Args:
        codings: Value of Content-Encoding; empty if there is none.
        limit: Bytes.
        place: What the body belongs to, to begin errors' sentences with.

    Raises:
        FetchError: If a coding is unknown, or there are too many.
    """

    def __init__(self, codings: str, limit: int, place: str) -> None:
        named = [name.strip().lower() for name in codings.split(",")]
        # x-gzip is gzip (RFC 9110, 8.4.1.3).
        named = [name.replace("x-gzip", "gzip") for name in named if name not in ("", "identity")]
        unknown = [name for name in named if name not in DECODERS]
        if unknown:
            shown = "".join(char for char in unknown[0][:30] if char.isalnum() or char in "-_.")
            raise FetchError(
                f"{place} sends its body in the unknown coding {shown!r}; expected {ACCEPTED} or none"
            )
        if len(named) > LAYERS:
            raise FetchError(f"{place} sends its body in {len(named)} codings; its operator has to mend that")
        self._limit, self._place = limit, place
        # Codings are named in the order in which they were applied (RFC 9110, 8.4).
        self._layers = [_Layer(name) for name in reversed(named)] or [_Layer(None)]
        self._counts = [0] * (len(self._layers) + 1)
        self._body = bytearray()

    def feed(self, data: bytes) -> None:
        """Take the next bytes.

        Raises:
            TooLarge: If there are more than the limit, before, between or after the codings.
            FetchError: If they are not what the coding says.
        """
        try:
            self._take(data, 0)
        except BROKEN as error:
            raise FetchError(f"{self._place} {NOT_CODED}") from error

    def close(self) -> bytes:
        """Give the body.

        Raises:
            TooLarge, FetchError: As ``feed``; also if the coded data ends too early.
        """
        try:
            for depth, layer in enumerate(self._layers):
                for piece in layer.close():
                    self._take(piece, depth + 1)
        except BROKEN as error:
            raise FetchError(f"{self._place} {NOT_CODED}") from error
        except EOFError as error:
            raise FetchError(
                f"{self._place} sends a compressed body that is cut short; it is tried again later"
            ) from error
        return bytes(self._body)

    def _take(self, data: bytes, depth: int) -> None:
        self._counts[depth] += len(data)
        if self._counts[depth] > self._limit:
            raise too_large(self._place, self._limit)
        if depth == len(self._layers):
            self._body += data
            return
        for piece in self._layers[depth].feed(data):
            self._take(piece, depth + 1)


def too_large(place: str, limit: int) -> TooLarge:
    """Make the error for a body that passes the limit (bytes)."""
    return TooLarge(f"{place} sends more than {limit:,} bytes; raise fetch.max_bytes if it should be read")
