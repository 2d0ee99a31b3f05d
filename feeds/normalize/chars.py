"""Characters: what may stand in a text of ours at all, and how lines are folded.

The lowest floor of ``normalize``: ``text`` and ``html`` both stand on it.
"""

from __future__ import annotations

import re
from array import array
from types import MappingProxyType

# Windows-1252 read as Latin-1 leaves C1 controls where quotes and dashes were meant. HTML reads numeric
# references the same way (WHATWG HTML, 13.2.5.80), so this mends what every browser mends. The five code
# points that windows-1252 leaves open map to nothing.
C1 = MappingProxyType({code: bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0xA0)})
TABLE = str.maketrans({**C1, 0x0D: "\n", 0x0B: " ", 0x0C: " ", 0x7F: ""})

# What XML 1.0 (2.2) forbids, noncharacters, lone surrogates, and the byte order mark inside a text.
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff"
    + "".join(chr(plane * 0x10000 + low) for plane in range(1, 17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
ODD = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff\U0001fffe-\U0010ffff]"
)
# In UTF-8, where a search is five times faster: the first bytes, as they follow, of all that ODD, RARE and
# BIDI look for, and of little else. A text without them is clean.
SUSPECT = re.compile(
    rb"[\x00-\x08\x0b-\x1f\x7f\xc2\xcc\xcd\xd2\xe1\xe2\xef-\xf4](?:(?<=[\x00-\x1f\x7f])|(?<=\xc2)[\x80-\x9f]|(?<=[\xcc\xcd\xd2])|"
    rb"(?<=\xe1)[\xaa\xab\xb7]|(?<=\xe2)(?:\x80[\xaa-\xae]|\x81[\xa6-\xa9]|\x83)|(?<=\xef)[\xb7-\xbf]|(?<=\xf0)(?:[\xa0-\xbf]|\x9f\xbf)|"
    rb"(?<=[\xf1-\xf4]))"
)
CONTROLS = bytes((*range(9), *range(11, 32), 127))
LEADS = CONTROLS + bytes((0xC2, 0xCC, 0xCD, 0xD2, 0xE1, 0xE2, *range(0xEF, 0x100)))
# Tag characters are invisible; only a flag (like the one of Wales) has a use for them.
TAGS = re.compile("(\U0001f3f4[\U000e0020-\U000e007f]+)|[\U000e0000-\U000e007f]")
# More than a dozen marks on one letter paint over the lines above and below.
MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
MARKS = re.compile(f"({MARK}{{12}}){MARK}+")
RARE = re.compile("[\U000e0000-\U000e007f]|" + MARK)
UNSEEN = re.compile(
    "[\\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0]+"
)
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
EMBED, ISOLATE = "\u202a\u202b\u202d\u202e", "\u2066\u2067\u2068"
POP = MappingProxyType({"\u202c": EMBED, "\u2069": ISOLATE})

WORD_JOINER = "\u2060"
"""Shows nothing; what we publish has it behind a "<" that must not begin a tag (``formats.elements``)."""
JOINED = re.compile(f"<{WORD_JOINER}+")


def unjoined(text: str) -> str:
    """Take out what another feeds has put in, so that a text does not grow on its way."""
    return JOINED.sub("<", text) if WORD_JOINER in text else text


def clean(text: str) -> str:
    r"""Remove what must not reach any format; leave all else, normalization form and spaces too.

    Removed: characters that XML 1.0 forbids, C1 controls (read as windows-1252 where that means something),
    noncharacters, lone surrogates, bidirectional controls that have no partner (UAX 9), tag characters
    outside flags, and what is more than twelve combining marks on one letter. A carriage return becomes a
    line feed.

    >>> clean("a\x00b \x93c\x94 \u202ed")
    'ab “c” d'
    """
    if _is_clean(text):
        return text
    if ODD.search(text):
        text = FORBIDDEN.sub("", text.replace("\r\n", "\n").translate(TABLE))
    if text.isascii():
        return text
    if RARE.search(text):
        text = MARKS.sub(r"\1", TAGS.sub(r"\1", text))
    return _balance(text) if BIDI.search(text) else text


def xml_safe(text: str) -> str:
    """Remove only what XML 1.0 (2.2) forbids, so that a document can be parsed at all."""
    return text if _is_clean(text) or not ODD.search(text) else FORBIDDEN.sub("", text)


def _is_clean(text: str) -> bool:
    """Say whether there is surely nothing to remove; most texts are so, and this is asked of all of them."""
    if text.isascii():
        return len(text.encode().translate(None, CONTROLS)) == len(text)
    try:
        raw = text.encode()
        return len(raw.translate(None, LEADS)) == len(raw) or SUSPECT.search(raw) is None
    except UnicodeEncodeError:  # Lone surrogates.
        return False


def visible(text: str) -> bool:
    """Say whether there is anything to see: not only spaces, joiners and marks of zero width."""
    return UNSEEN.fullmatch(text) is None if text else False


def _balance(text: str) -> str:
    """Drop every bidirectional control without a partner: it would turn the text around it, ours too."""
    opened = array("Q")  # Where each stands: a text of nothing else holds millions of them.
    paired = bytearray(len(text))
    for match in BIDI.finditer(text):
        wanted = POP.get(match[0])
        if wanted is None:
            opened.append(match.start())
            continue
        # An isolate's end closes what was opened inside it; an embedding's end closes only the innermost.
        if wanted is ISOLATE and any(text[at] in ISOLATE for at in opened[-128:]):
            while text[opened[-1]] not in ISOLATE:
                opened.pop()
        if opened and text[opened[-1]] in wanted:
            paired[opened.pop()] = paired[match.start()] = True
    return BIDI.sub(lambda match: match[0] if paired[match.start()] else "", text)


def one_line(text: str) -> str:
    r"""Clean a text and fold all white space, line breaks too, into single spaces.

    >>> one_line(" a\n\t b ")
    'a b'
    """
    return " ".join(clean(text).split())
