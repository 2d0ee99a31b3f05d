"""Bytes -> text: which character set a document is written in, whatever it says of itself."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# "<" and "{" in the first four bytes (XML 1.0, appendix F; RFC 4627, 3). EBCDIC writes "<?xm" like that.
SNIFFED = (
    (re.compile(rb"[<{]\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0[<{]"), "utf-32-be"),
    (re.compile(rb"[<{]\0[^\0]\0", re.DOTALL), "utf-16-le"),
    (re.compile(rb"\0[<{]\0[^\0]", re.DOTALL), "utf-16-be"),
    (re.compile(rb"\x4c\x6f\xa7\x94"), "cp037"),
)
# Python has codecs that are no character sets (rot13, zlib, idna, unicode_escape), and UTF-7, which hides
# markup. Only these are ever used.
CHARSET = re.compile(
    r"(?:utf-8|ascii|iso8859-\d+|cp\d+|koi8-[rtu]|mac-\w+|gb2312|gbk|gb18030|hz|big5|big5hkscs|euc_\w+|"
    r"iso2022_\w+|shift_jis\w*|johab|tis-620|ptcp154|kz1048|hp-roman8)\Z"
)
# What the label means on the web (WHATWG Encoding, 4.2): supersets that name what is really written.
WIDER = MappingProxyType(
    {
        "ascii": "cp1252",
        "iso8859-1": "cp1252",
        "iso8859-9": "cp1254",
        "iso8859-11": "cp874",
        "tis-620": "cp874",
        "gb2312": "gb18030",
        "gbk": "gb18030",
        "big5": "big5hkscs",
        "shift_jis": "cp932",
        "euc_kr": "cp949",
    }
)
# Labels of the web that Python has no name for: "x-" before it, and the direction of Hebrew behind it.
EXTENDED = re.compile(r"\A[xX]-|(?<=8859-8)-[iIeE]\Z")
# Halves of a character beyond 16 bits, each written as if it were a character (CESU-8).
HALVES = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
STRAY = re.compile("[\udc80-\udcff]+")
SHIFTING = re.compile(rb"\x1b[$(]|~\{")
PARAMETER = re.compile(r";\s*charset\s*=\s*[\"']?([^\s;\"']+)", re.IGNORECASE)
DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
META = re.compile(rb"""<meta[^>]{0,200}?\bcharset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)


def decode(body: bytes, headers: Mapping[str, str]) -> str:
    """Read a document's bytes as text; never fails, what cannot be read becomes U+FFFD.

    Order: byte order mark; the look of the first bytes; UTF-8 if all bytes are valid UTF-8, which does not
    happen by chance; the ``charset`` of the Content-Type (RFC 7303, 3), then the document's own declaration,
    except that a header's "Latin-1" gives way to a declaration, because servers add it unasked.

    Args:
        body: The document.
        headers: Of the response, with lower-case names.
    """
    for mark, name in MARKS:
        if body.startswith(mark):
            if name == "utf-8" and _utf8(body) is None:
                # The mark of a text that was in UTF-8 before some program wrote it anew, or wrote into it.
                return _other(body[len(mark) :], tuple(_declared(body, headers)), marked=True)
            return body[len(mark) :].decode(name, "replace")
    for look, name in SNIFFED:
        if look.match(body):
            return body.decode(name, "replace")
    names = tuple(_declared(body, headers))
    shifts = any(name.startswith(("iso2022", "hz")) for name in names) and SHIFTING.search(body) is not None
    text = None if shifts else _utf8(body)
    return _other(body, names) if text is None else text


def _other(body: bytes, names: tuple[str, ...], *, marked: bool = False) -> str:
    """Read bytes that are not UTF-8 by the character sets that were declared."""
    others = [name for name in names if name != "utf-8"]
    if len(others) > 1 and others[0] == "cp1252":
        others = others[1:]
    for name in others:
        try:
            return body.decode(name)
        except UnicodeDecodeError:
            continue
    if others and "utf-8" not in names:
        return body.decode(others[0], "replace")
    return _nearly_utf8(body, marked=marked)


def _declared(body: bytes, headers: Mapping[str, str]) -> Iterator[str]:
    parameter = PARAMETER.search(headers.get("content-type", ""))
    inside = DECLARED.search(body, 0, 1024) or META.search(body, 0, 2048)
    for label in (parameter and parameter[1], inside and inside[1].decode("ascii")):
        name = charset(label) if label else None
        if name is not None:
            yield name


def charset(label: str) -> str | None:
    """Give Python's name of a character set; None for a label that names none, and for UTF-16.

    >>> charset("x-sjis"), charset("iso-8859-8-i"), charset("rot13")
    ('cp932', 'iso8859-8', None)
    """
    for spelling in (label.strip(), EXTENDED.sub("", label.strip())):
        try:
            name = codecs.lookup(spelling).name
        except (LookupError, ValueError):  # ValueError: a NUL in the label.
            continue
        return WIDER.get(name, name) if CHARSET.match(name) else None
    return None


def is_utf8(body: bytes, headers: Mapping[str, str]) -> bool:
    """Say whether a document is UTF-8, by its bytes and by all that is said of it."""
    if any(body.startswith(mark) for mark, name in MARKS if name != "utf-8"):
        return False
    if any(look.match(body) for look, _ in SNIFFED) or set(_declared(body, headers)) - {"utf-8"}:
        return False
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _utf8(body: bytes) -> str | None:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        # A document that ends within a character is cut off, not in another character set.
        if error.reason == "unexpected end of data" and error.start > len(body) - 4:
            return body[: error.start].decode()
        return None


def _nearly_utf8(body: bytes, *, marked: bool) -> str:
    """Choose between UTF-8 with accidents and windows-1252 by what most of the bytes beyond ASCII are.

    A byte order mark says that it is UTF-8, if anything in it is.

    What is no UTF-8 in a document that mostly is comes from another program, and so is windows-1252.
    """
    body = HALVES.sub(_joined, body)
    text = body.decode("utf-8", "surrogateescape")
    accidents = sum(1 for _ in STRAY.finditer(text))
    good = sum(1 for character in STRAY.sub("", text) if character > "\x7f")
    if good <= accidents and not (marked and good):
        return body.decode("cp1252", "replace")
    return STRAY.sub(lambda match: _bytes(match).decode("cp1252", "replace"), text)


def _bytes(stray: re.Match[str]) -> bytes:
    return stray[0].encode("utf-8", "surrogateescape")


def _joined(halves: re.Match[bytes]) -> bytes:
    pair = halves[0].decode("utf-8", "surrogatepass").encode("utf-16-le", "surrogatepass")
    return pair.decode("utf-16-le").encode()
