"""Languages: tags that are well-formed (BCP 47), and the language of a text that names none.

The only room that knows py3langid. Its model is the same in every process, so its answers are, too.
"""

from __future__ import annotations

import re
import threading
from array import array
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Protocol

from feeds.normalize.dialects import is_romansh, region

# RFC 5646, 2.1, without languages of 4 to 8 letters: nobody has registered one, and "english" is none.
TAG = re.compile(
    r"(?P<language>[a-z]{2,3})(?P<extlang>(?:-[a-z]{3}){0,3})(?P<script>-[a-z]{4})?"
    r"(?P<region>-(?:[a-z]{2}|[0-9]{3}))?(?P<variants>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)"
    r"(?P<extensions>(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*)(?P<private>-x(?:-[a-z0-9]{1,8})+)?\Z"
)
PRIVATE = re.compile(r"x(?:-[a-z0-9]{1,8})+\Z")
LONGEST = 60

# Grandfathered and redundant tags that are in use, with what the registry prefers.
WHOLE: Mapping[str, str] = MappingProxyType(
    {
        "i-lux": "lb",
        "i-klingon": "tlh",
        "i-navajo": "nv",
        "i-hak": "hak",
        "zh-min-nan": "nan",
        "zh-guoyu": "cmn",
        "zh-xiang": "hsn",
        "no-bok": "nb",
        "no-nyn": "nn",
        "en-gb-oed": "en-GB-oxendict",
        "art-lojban": "jbo",
    }
)

# Deprecated codes, and three letters where the registry has two (ISO 639-2, both sorts).
PREFERRED_TABLE = """
he iw heb | id in ind | yi ji | jv jw | ro mo ron rum | de deu ger | en eng | fr fra fre | it ita | es spa
pt por | nl nld dut | pl pol | ru rus | cs ces cze | sk slk slo | sv swe | da dan | no nor | nb nob | nn nno
fi fin | hu hun | el ell gre | tr tur | uk ukr | bg bul | sr srp | hr hrv | sl slv | et est | lv lav | lt lit
ca cat | eu eus baq | gl glg | ga gle | cy cym wel | is isl ice | rm roh | lb ltz | ja jpn | ko kor
zh zho chi | ar ara | fa fas per | hi hin | bn ben | ta tam | th tha | vi vie | ms msa may | ka kat geo
hy hye arm | sq sqi alb | mk mkd mac | la lat | eo epo
"""


def _preferred() -> Iterator[tuple[str, str]]:
    for group in PREFERRED_TABLE.replace("\n", "|").split("|"):
        first, *others = group.split() or [""]
        yield from ((other, first) for other in others)


PREFERRED: Mapping[str, str] = MappingProxyType(dict(_preferred()))
NO_LANGUAGE = frozenset(("und", "zxx", "mis", "root"))

# What newspapers are written in. A model of 140 languages finds Ligurian in every third Italian headline.
WRITTEN = (
    "af ar az be bg bn bs ca cs cy da de el en eo es et eu fa fi fr fy ga gl gu he hi hr hu hy id is it ja "
    "ka kk km kn ko ku ky la lb lo lt lv mk ml mn mr ms my nb ne nl nn no pa pl ps pt ro ru sa si sk sl so "
    "sq sr sv sw ta te th tl tr ug uk ur uz vi zh zu"
)
# What the model takes Romansh for, which it has never seen.
NEAR_ROMANSH = frozenset(("it", "ca", "ro", "la", "gl", "eo", "es", "pt"))
SURE = 0.9
LETTERS = 40
LETTERS_OF_SIGNS = 12
HEAD = 600
"""Characters that the model reads: it takes a microsecond for each, and is hardly surer with more."""
SPELLING = 4000
LOADING = threading.Lock()
ADDRESS = re.compile(r"[@#]|://|\Awww\.")
SIGNS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")


def tag(raw: str) -> str | None:
    """Read a language tag (BCP 47) and give it in its canonical case.

    Args:
        raw: As a source wrote it; ``de_CH.UTF-8`` and ``en-uk`` are understood.

    Returns:
        The tag, with deprecated codes replaced, and three letters where two exist (RFC 5646, 4.5); None if it
        is not well-formed or says that there is no language (``und``).

    >>> tag("DE_ch"), tag("zh-hant-tw"), tag("english")
    ('de-CH', 'zh-Hant-TW', None)
    """
    text = re.split(r"[.@]", raw.strip(), maxsplit=1)[0].replace("_", "-").lower()
    if text in WHOLE:
        return WHOLE[text]
    if len(text) > LONGEST:
        return None
    if PRIVATE.match(text):
        return text
    match = TAG.match(text)
    if match is None or _repeats(match):
        return None
    # zh-yue: the second is the language (RFC 5646, 2.2.2).
    language = (match["language"] + match["extlang"]).split("-")[-1]
    language = PREFERRED.get(language, language)
    if language in NO_LANGUAGE:
        return None
    region = (match["region"] or "").upper().replace("-UK", "-GB")
    script = f"-{match['script'][1:].title()}" if match["script"] else ""
    return f"{language}{script}{region}{match['variants']}{match['extensions']}{match['private'] or ''}"


def _repeats(match: re.Match[str]) -> bool:
    """Say whether a variant or an extension's letter comes twice, which is forbidden (RFC 5646, 2.2)."""
    variants = match["variants"].split("-")[1:]
    singletons = [part for part in match["extensions"].split("-") if len(part) == 1]
    return len(set(variants)) < len(variants) or len(set(singletons)) < len(singletons)


class Identifier(Protocol):
    """What we use of py3langid."""

    def classify(self, text: str) -> tuple[str, float]:
        """Give the likeliest language and its share of all likelihood."""


@lru_cache(maxsize=1)
def _identifier() -> Identifier:
    # Imported here: it brings numpy, a tenth of a second at every start, and most runs detect nothing. The
    # model takes half a second more, once in a process.
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - see above
    from py3langid.modelio import load_model  # noqa: PLC0415 - see above

    # As LanguageIdentifier.from_model_file and set_languages do it, which keep the table of all languages
    # beside that of ours, and a list of numbers where an array does: 30 of 105 MiB.
    table, shares, languages, moves, rows, outputs = load_model(MODEL_DIR / MODEL_FILE)
    wanted = {*WRITTEN.split()}
    places = [place for place, language in enumerate(languages) if language in wanted]
    identifier: Identifier = LanguageIdentifier(
        *(table[:, places], shares[places], [languages[place] for place in places]),
        *(moves, array("i", outputs)),
        norm_probs=True,
        tk_row=rows,
    )
    return identifier


def detect(text: str) -> str | None:
    """Find out the language of a plain text.

    Args:
        text: Of any length; the first 600 characters count, without addresses and handles.

    Returns:
        A language of two letters, with a region where spelling and words show it (de-CH, de-AT, fr-CH,
        pt-BR, pt-PT); None if the text has fewer than
        40 letters (12 in Chinese, Japanese, Korean and the like), or the model is not sure, or cannot be
        unpacked. The same text gives the same answer.
    """
    words = _words(text)
    letters = sum(map(str.isalpha, words))
    if letters < LETTERS_OF_SIGNS or (letters < LETTERS and len(SIGNS.findall(words)) < LETTERS_OF_SIGNS):
        return None
    try:
        with LOADING:  # Else each thread that needs it at the same moment loads one, of 70 MiB.
            identifier = _identifier()
        language, share = identifier.classify(words)
    except OSError:  # The model unpacks itself into a temporary file; without it we merely do not know.
        return None
    if (language in NEAR_ROMANSH or share < SURE) and is_romansh(text[:SPELLING]):
        return "rm"
    if share < SURE:
        return None
    return region(language, text[:SPELLING])


def _words(text: str) -> str:
    """Give the first 600 characters without addresses and handles."""
    words: list[str] = []
    length = 0
    for token in text[: 4 * HEAD].split():
        if not ADDRESS.search(token):
            words.append(token)
            length += len(token) + 1
        if length > HEAD:
            break
    return " ".join(words)[:HEAD]
