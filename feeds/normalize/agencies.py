"""Agencies and credits: who the material is from, which is not who wrote it.

An agency counts only where it is named as one: in brackets that hold nothing else, behind a label
(``Quelle:``, ``Source:``), behind words like "laut" or "news agency", or in a line of its own. Letters that
happen to spell one ("AP" in a word, ``Association (APA)``) do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from feeds.model import Credit

# kind | code | name to show | other spellings
AGENCY_TABLE = """
agency | dpa | dpa | Deutsche Presse-Agentur; Deutschen Presse-Agentur; German Press Agency; dpa-infocom
agency | dpa-afx | dpa-AFX | dpa-AFX
agency | sda | Keystone-SDA | SDA; SDA-ATS; Keystone-SDA-ATS; Keystone-ATS; ATS
agency | awp | AWP | AWP Finanznachrichten
agency | apa | APA | Austria Presse Agentur; APA-OTS
agency | afp | AFP | Agence France-Presse; Agence France Presse
agency | reuters | Reuters | Thomson Reuters; RTR
agency | ap | AP | Associated Press
agency | ansa | ANSA | Agenzia ANSA
agency | adnkronos | Adnkronos | AdnKronos
agency | agi | AGI | Agenzia Italia
agency | efe | EFE | Agencia EFE
agency | europapress | Europa Press | Europa Press
agency | lusa | Lusa | Agência Lusa
agency | tass | TASS | ITAR-TASS; TASS
agency | interfax | Interfax | Interfax
agency | ria | RIA Novosti | Ria Nowosti
agency | ukrinform | Ukrinform | Ukrinform
agency | belga | Belga | Agence Belga
agency | anp | ANP | ANP
agency | pap | PAP | Polska Agencja Prasowa
agency | ctk | ČTK | CTK
agency | mti | MTI | MTI
agency | ritzau | Ritzau | Ritzau
agency | ntb | NTB | NTB
agency | tt | TT | TT Nyhetsbyrån
agency | stt | STT | STT
agency | pa | PA Media | PA; Press Association
agency | bloomberg | Bloomberg | Bloomberg News
agency | upi | UPI | United Press International
agency | cp | The Canadian Press | Canadian Press
agency | aap | AAP | Australian Associated Press
agency | xinhua | Xinhua | Xinhuanet
agency | kyodo | Kyodo | Kyodo News
agency | jiji | Jiji Press | Jiji
agency | yonhap | Yonhap | Yonhap News
agency | kcna | KCNA | KCNA
agency | pti | PTI | Press Trust of India
agency | ians | IANS | IANS
agency | anadolu | Anadolu | Anadolu Agency; Anadolu Ajansı
agency | irna | IRNA | IRNA
agency | mena | MENA | MENA
agency | epd | epd | Evangelischer Pressedienst
agency | kna | KNA | Katholische Nachrichten-Agentur
agency | sid | SID | Sport-Informations-Dienst
agency | dapd | dapd | dapd
photo | keystone | Keystone | Keystone
photo | epa | EPA | European Pressphoto Agency
photo | getty | Getty Images | Getty; GettyImages
photo | imago | imago | imago images
photo | alamy | Alamy | Alamy
photo | shutterstock | Shutterstock | Shutterstock
"""


def _lines() -> Iterator[tuple[str, str, str, str]]:
    """Give each spelling with the kind, the code and the name it stands for."""
    for line in AGENCY_TABLE.strip().splitlines():
        kind, code, name, others = (part.strip() for part in line.split("|"))
        yield from ((word.strip(), kind, code, name) for word in (code, name, *others.split(";")))


# Lower-cased spelling -> kind, code, name.
AGENCIES: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {word.lower(): (kind, code, name) for word, kind, code, name in _lines()}
)
# As the table spells them: "efe" and "tt" are words elsewhere, so a short one must be written large. German
# desks write theirs small.
SPELLINGS = frozenset(word for word, _, code, _ in _lines() if word != code)
SMALL = frozenset(("dpa", "sda", "apa", "afp", "ap", "ats", "rtr", "awp", "epd", "kna", "dpa-afx", "dapd"))
FIRST_WORDS = frozenset(word.lower() for words in AGENCIES for word in words.replace("-", " ").split()[:1])

ONE = "|".join(re.escape(word) for word in sorted(AGENCIES, key=lambda word: (-len(word), word)))
AND = r"\s*(?:/|,|;|\+|&|\bund\b|\band\b|\bet\b|\be\b|\by\b|\bmit\b|\bwith\b|\bavec\b)\s*"
NAMES = re.compile(rf"(?:{ONE})(?:{AND}(?:{ONE})(?!\w))*(?![\w’'])", re.IGNORECASE)
ARTICLE = r"(?:der|die|das|den|dem|the|la|le|el|l['’]|de l['’]|dell['’]|all['’]|dall['’]|de|di|da|do|von|vom)"
BUREAU = r"\w*(?:agentur(?:en)?|agency|agencies|agences?|agenzi[ae]|agencias?|agências?|agentschap|agentia)"
NEWS = rf"(?:{ARTICLE}\s*)?(?:[a-zà-ÿ]+\s+){{0,2}}{BUREAU}\s+(?:[a-zà-ÿ]+\s+){{0,3}}"
SAYS = (
    r"laut|gemäss|gemäß|nach\s+angaben|according\s+to|reported\s+by|selon|d['’]après|secondo|según|segundo|"
    r"volgens|via|told|berichtete?t?|meldete?t?|rapporte|riferisce|informó|reports|sagte"
)
LABEL = (
    r"quellen?|sources?|font[ei]|fuentes?|agentur(?:en)?|agence|agenzia|agencia|text|texte|redaktion|"
    r"mit\s+(?:agentur)?material(?:\s+(?:von|der|des|aus))*|mit\s+inhalten\s+der|"
    r"with\s+(?:reporting|material|files)\s+(?:by|from)|avec|con\s+informa(?:zioni|ción|ciones)(?:\s+d[ie])?"
)
PHOTO = (
    r"fotos?|bild(?:er)?|photos?|images?|imagen|immagine|bildquelle|bildnachweis|fotocredit|"
    r"(?:foto|photo)\s*credit|crédits?(?:\s+photos?)?|foto\s+di"
)

GROUP = re.compile(r"\((?P<inside>[^()\n]{2,60})\)")
PLACE = re.compile(r"\s*(?:\w[\w .’'/-]{0,40}(?:,[^()\n.]{1,30})?)?\s*\Z")
BEFORE = re.compile(
    rf"(?:\b(?:{SAYS})\s+(?:(?:er|sie|ihm|ihr|am\s+\w+)\s+)?(?:{NEWS}|{ARTICLE}\s*)?|{NEWS}|"
    rf"\b(?:{LABEL})(?:\s*:\s*|\s+)(?:{NEWS}|{ARTICLE}\s*)?)\Z",
    re.IGNORECASE,
)
BEHIND = re.compile(r"\s+(?:zufolge|(?:state\s+)?(?:news|press)\s+agency)\b", re.IGNORECASE)
SOURCE_LINE = re.compile(
    r"^[ \t]*[(\[]?(?:quelle|source|fonte|fuente)\s*:\s*(?P<rest>[^\n]{2,80}?)[)\]]?\s*$",
    re.IGNORECASE | re.MULTILINE,
)
PICTURE = re.compile(r"[:©]\s*(?P<rest>[^\n()\[\]|]{2,80})|\bK(?:EYSTONE|eystone)/[^\n()\[\]|]{2,80}")
PICTURE_LABEL = re.compile(rf"\b(?:{PHOTO})\s*\Z", re.IGNORECASE)
WORD = re.compile(r"\w+")
THE = re.compile(r"(?:die|der|the|la|l[’'])\s*\b", re.IGNORECASE)
INITIALS = re.compile(r"(?:[a-zäöü]{2,4}|red\.?|eb)\Z")
PICTURE_NAME = re.compile(r"[^\W\d_][\w .’'-]{1,40}\Z")


def agency(words: str) -> tuple[str, str, str] | None:
    """Say which agency a name stands for, as kind, code and name to show; None if it is none.

    >>> agency("Agence France-Presse"), agency("Ap")
    (('agency', 'afp', 'AFP'), None)
    """
    text = THE.sub("", " ".join(words.split()).strip(" .,:;–—-"))
    known = AGENCIES.get(text.lower())
    return (
        known if known and (text in SPELLINGS or text in SMALL or text.isupper() or len(text) > 5) else None
    )


def agencies(words: str) -> tuple[Credit, ...]:
    """Give the credits of a text that is nothing but names of agencies: ``dpa/AFP``; else nothing.

    Initials of the desk's own people may stand beside them: ``sda/abc``.
    """
    found = []
    for part in re.split(AND, words.strip().strip("()[]")):
        known = agency(part)
        if known is not None:
            found.append(Credit(kind=known[0], code=known[1], name=known[2], raw=words.strip()))
        elif not INITIALS.match(part):
            return ()
    return tuple(found)


def agency_credits(text: str) -> tuple[Credit, ...]:
    """Find the agencies, sources and pictures that a plain text credits, in its order, each once.

    >>> [credit.code for credit in agency_credits("BERN (sda/dpa) - Es schneit. Foto: Keystone/Ada")]
    ['sda', 'dpa', 'keystone', None]
    """
    found = sorted(_found(text), key=lambda pair: pair[0])
    first: dict[tuple[str, str], Credit] = {}
    for _, credit in found:
        first.setdefault((credit.kind, credit.code or credit.name.lower()), credit)
    return tuple(first.values())


def _found(text: str) -> Iterator[tuple[int, Credit]]:
    """Give the credits with where they stand; one may come several times."""
    for match in GROUP.finditer(text):
        if _stands_as_credit(text, match):
            yield from _at(match.start(), match[0], agencies(match["inside"]))
    yield from _named(text)
    for match in SOURCE_LINE.finditer(text):
        name = match["rest"].strip()
        if not agencies(name) and not name.startswith("http"):
            yield from _at(match.start(), match[0], (Credit(kind="source", name=name),))
    for match in PICTURE.finditer(text):
        label = PICTURE_LABEL.search(text, max(0, match.start() - 30), match.start())
        if label:
            yield from _at(label.start(), "", _pictured(text[label.start() : match.end()]))
        elif match[0][0] != ":":
            yield from _at(match.start(), "", _pictured(match[0]))


def _named(text: str) -> Iterator[tuple[int, Credit]]:
    """Find agencies outside brackets: by their names first, which are rare, then by what stands around."""
    end = 0
    for word in WORD.finditer(text.lower() if len(text.lower()) == len(text) else text):
        if word[0] not in FIRST_WORDS or word.start() < end:
            continue
        names = NAMES.match(text, word.start())
        if names is None or text[word.start() - 1 : word.start()] == "-":
            continue
        end = names.end()
        before = BEFORE.search(text, max(0, names.start() - 80), names.start())
        behind = BEHIND.match(text, end)
        if before or behind or _alone(text, names):
            start, stop = (before or names).start(), (behind or names).end()
            yield from _at(start, text[start:stop], agencies(names[0]))


def _alone(text: str, names: re.Match[str]) -> bool:
    start = text.rfind("\n", 0, names.start()) + 1
    stop = text.find("\n", names.end())
    rest = text[start : names.start()] + text[names.end() : stop if stop >= 0 else len(text)]
    return WORD.search(rest) is None


def _at(start: int, raw: str, credits_: Iterable[Credit]) -> Iterator[tuple[int, Credit]]:
    words = " ".join(raw.split())
    yield from ((start, replace(credit, raw=words) if words else credit) for credit in credits_)


def _stands_as_credit(text: str, group: re.Match[str]) -> bool:
    """Say whether brackets stand where a credit does: at either end of a line, or before a dash."""
    start = text.rfind("\n", 0, group.start()) + 1
    before = text[start : group.start()]
    line_end = text.find("\n", group.end())
    behind = text[group.end() : line_end if line_end >= 0 else len(text)].strip()
    if _explains(before, group["inside"]):
        return False
    if not behind.strip(".!?»«“”\"'’") or not before.strip():
        return True
    return PLACE.match(before) is not None and (behind[0] in "-–—:" or before.strip().isupper())


def _explains(before: str, short: str) -> bool:
    """Say whether the words before spell out the letters: ``American Psychological Association (APA)``."""
    letters = [letter for letter in short.lower() if letter.isalpha()]
    words = before.split()[-len(letters) :]
    return len(words) == len(letters) and [word.lstrip("«\"'(")[:1].lower() for word in words] == letters


def _pictured(words: str) -> Iterator[Credit]:
    """Read ``Foto: Keystone/Ada Example. More text``."""
    raw = re.split(r"\.\s|\s[–—-]\s", words)[0].strip(" .")
    for part in re.split(r"\s*[/,;]\s*", re.split(r"[:©]", raw)[-1].strip()):
        known = agency(part)
        if known is not None:
            yield Credit(kind="photo", code=known[1], name=known[2], raw=raw)
        elif PICTURE_NAME.match(part) and part[0].isupper() and len(part.split()) <= 4:
            yield Credit(kind="photo", name=part, raw=raw)
