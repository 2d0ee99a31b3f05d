"""Agencies and credits: who the material is from, which is not who wrote it.

An agency counts only where it is named as one: in brackets that hold nothing else, at the start of the
text (``PARIS (AFP) -``), as the last word of a paragraph, behind a label (``Quelle:``, ``Copyright``), behind
words like "laut" or "news agency" that say that a sentence is from it, or in a line of its own. Whoever
merely talks of an agency ("Reuters was wrong", "the AFP office") does not credit it, nor do letters that
happen to spell one ("AP" in a word, ``Association (APA)``).
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
agency | lusa | Lusa | Agência Lusa; LUSA
agency | tass | TASS | ITAR-TASS; TASS
agency | interfax | Interfax | Interfax
agency | ria | RIA Novosti | Ria Nowosti; RIA
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
agency | cp | Canadian Press | Canadian Press
agency | aap | AAP | Australian Associated Press
agency | xinhua | Xinhua | Xinhuanet; XINHUA
agency | kyodo | Kyodo | Kyodo News
agency | jiji | Jiji Press | Jiji
agency | yonhap | Yonhap | Yonhap News
agency | agbra | Agência Brasil | Agência Brasil
agency | estadao | Estadão Conteúdo | Estadão Conteúdo
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
agency | notimex | Notimex | Notimex
agency | telam | Télam | Télam
agency | askanews | askanews | askanews
agency | italpress | Italpress | Italpress
agency | lapresse | LaPresse | LaPresse
agency | dts | dts | dts Nachrichtenagentur
agency | hina | Hina | HINA
agency | tanjug | Tanjug | Tanjug
agency | unian | UNIAN | UNIAN
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
FIRST_BYTES = frozenset(word.encode() for word in FIRST_WORDS if word.isascii())
OTHER_FIRST = tuple(sorted(word for word in FIRST_WORDS if not word.isascii()))
PARTING = bytes(code if (chr(code).isalnum() and code < 128) or code == 95 else 32 for code in range(256))

ONE = "|".join(re.escape(word) for word in sorted(AGENCIES, key=lambda word: (-len(word), word)))
AND = r"\s*(?:/|,|;|\+|&|\b(?:und|and|et|e|y|en|mit|with|avec|con|com)\b)\s*"
WITH = r"(?:mit|avec|with|con|com|met|c/)"
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
    r"mit\s+(?:agentur)?material(?:\s+(?:von|der|des|aus))*|mit\s+inhalten\s+der|bron(?:nen)?|agências?|"
    r"(?:with|additional)\s+(?:reporting|material|files)\s+(?:by|from)|"
    r"con\s+informa(?:zioni|ción|ciones)(?:\s+d[ie])?|com\s+informaç(?:ões|ão)(?:\s+d[aeo]s?)?|"
    r"avec\s+(?:les\s+)?informations\s+d[e']|(?:copyright|©|\(c\))(?:\s*[0-9]{4})?(?:\s+by)?"
)
PHOTO = (
    r"fotos?|bild(?:er)?|photos?|images?|imagen|immagine|fotografía|fotografia|imagem|beeld|foto's|picture|aufnahme|"
    r"bildquelle|bildnachweis|fotocredit|"
    r"(?:foto|photo)\s*credit|crédits?(?:\s+photos?)?|foto\s+di"
)

GROUP = re.compile(r"\((?P<inside>[^()\n]{2,60})\)")
PLACE = re.compile(r"\s*(?:\w[\w .’'/-]{0,40}(?:,[^()\n]{1,34})?)?\s*\Z")
# Something of this stands in all that may stand before an agency: without it there is no need to look closer.
SIGN = re.compile(
    r"laut|gem[aä]|nach|accord|reported|selon|après|secondo|según|segundo|volgens|via|told|bericht|meldet|rapport|"
    r"riferisce|inform|reports|sagte|agen|quelle|source|font|fuente|text|redaktion|material|inhalten|bron|"
    r"agênc|reporting|files|avec|mit|with|con|com|met|c/|copyright|©|\(c\)",
    re.IGNORECASE,
)
BEFORE = re.compile(
    rf"(?:(?:\A|[(\n–—|•])\s*{WITH}\s*(?:{ARTICLE}\s*)?|\b(?:{SAYS})\s+(?:(?:er|sie|ihm|ihr|am\s+\w+)\s+)?(?:{NEWS}|{ARTICLE}\s*)?|{NEWS}|"
    rf"(?<!\w)(?:{LABEL})(?:\s*:\s*|\s+)(?:{NEWS}|{ARTICLE}\s*)?)\Z",
    re.IGNORECASE,
)
BEHIND = re.compile(
    r"\s+(?:zufolge|(?:state\s+)?(?:news|press)\s+agency|"
    r"(?:(?:staff\s+)?(?:writers?|reporters?|journalists?)\s[^.\n]{2,80}?)?contributed)\b",
    re.IGNORECASE,
)
# Agencies without a name: kept as what the text says, for there is nobody to credit by name.
UNNAMED = re.compile(
    r"^[ \t]*[(\[]?(?P<says>mit\s+(?:material\s+(?:von|der)\s+)?agentur(?:en|material)|"
    r"with\s+(?:news\s+)?agencies|avec\s+(?:les\s+)?agences|con\s+agen(?:zie|cias)|com\s+agências|"
    r"met\s+persbureaus)[)\]]?[ \t.]*$",
    re.IGNORECASE | re.MULTILINE,
)
SOURCE_LINE = re.compile(
    r"^[ \t]*[(\[]?(?:quelle|source|fonte|fuente)\s*:\s*(?P<rest>[^\n]{2,80}?)[)\]]?\s*$",
    re.IGNORECASE | re.MULTILINE,
)
# Written so that each begins with one of few characters: the search for these is fast.
PICTURE = re.compile(
    r"[:©K](?:(?<=[:©])\s*[^\n()\[\]|:©]{2,80}|(?<=\bK)(?:EYSTONE|eystone)/[^\n()\[\]|]{2,80})"
)
AGENCY_SIGNS = ("agen", "agên", "persbureaus")
PICTURE_LABEL = re.compile(rf"\b(?:{PHOTO})\s*\Z", re.IGNORECASE)
WORD = re.compile(r"\w+")
DASHES = ("-", "–", "—", ":")
SENTENCE_END = re.compile(r"[.!?…][»”\"')]*\s+\Z")
THE = re.compile(r"(?:die|der|the|la|l[’'])\s*\b", re.IGNORECASE)
INITIALS = re.compile(r"(?:[a-zäöü]{2,4}|red\.?|eb)\Z")
LEADING = re.compile(rf"{WITH}\s+(?:material\s+(?:von|der)\s+)?", re.IGNORECASE)
RIGHTS = re.compile(r"[ \t]*©[ \t]*(?:[0-9]{4}[ \t]+)?(?:the[ \t]+)?", re.IGNORECASE)
LINE = 200
"""Characters on either side of a name that are looked at: in a longer line it does not stand alone."""
SHORT = 40
MOST = 500
"""Names outside brackets that are looked at: what has more of them is no news."""
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
    for part in re.split(AND, LEADING.sub("", words.strip().strip("()[]"), count=1)):
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
        inside = agencies(match["inside"])
        if inside and _stands_as_credit(text, match):
            yield from _at(match.start(), match[0], inside)
    lowered = text.lower()
    yield from _named(text, lowered)
    for match in UNNAMED.finditer(text) if any(sign in lowered for sign in AGENCY_SIGNS) else ():
        yield match.start(), Credit(kind="source", name=" ".join(match["says"].split()), raw=match[0].strip())
    for match in SOURCE_LINE.finditer(text) if ":" in text else ():
        name = match["rest"].strip()
        if not agencies(name) and not name.startswith("http"):
            yield from _at(match.start(), match[0], (Credit(kind="source", name=name),))
    for match in PICTURE.finditer(text):
        label = PICTURE_LABEL.search(text, max(0, match.start() - 30), match.start())
        if label:
            yield from _at(label.start(), "", _pictured(text[label.start() : match.end()]))
        elif match[0][0] != ":" and not _claims(text, match):
            yield from _at(match.start(), "", _pictured(match[0]))


def _named(text: str, lowered: str) -> Iterator[tuple[int, Credit]]:
    """Find agencies outside brackets: by their names first, which are rare, then by what stands around."""
    there = _first_words(lowered)
    if not there:
        return
    end = looked = 0
    for word in WORD.finditer(lowered if len(lowered) == len(text) else text):
        if word[0].lower() not in there or word.start() < end:
            continue
        names = NAMES.match(text, word.start())
        if names is None or text[word.start() - 1 : word.start()] == "-":
            continue
        end = names.end()
        known = agencies(names[0])
        looked += bool(known)
        if looked > MOST:
            return
        yield from _spoken_of(text, names, known)


def _first_words(lowered: str) -> frozenset[str]:
    """Give those of ``FIRST_WORDS`` that a text may hold; parting bytes is faster than finding words."""
    found = FIRST_BYTES.intersection(lowered.encode("utf-8", "replace").translate(PARTING).split())
    others = () if lowered.isascii() else (word for word in OTHER_FIRST if word in lowered)
    return frozenset((*(word.decode() for word in found), *others))


def _spoken_of(text: str, names: re.Match[str], known: tuple[Credit, ...]) -> Iterator[tuple[int, Credit]]:
    """Give the credits of names in a text, if what stands around them says that they are credits."""
    if not known:
        return
    before = None
    if SIGN.search(text, max(0, names.start() - 80), names.start()):
        before = BEFORE.search(text, max(0, names.start() - 80), names.start())
    behind = BEHIND.match(text, names.end())
    if before or behind or _alone(text, names) or _signs_off(text, names):
        start, stop = (before or names).start(), (behind or names).end()
        yield from _at(start, text[start:stop], known)


def _line(text: str, found: re.Match[str]) -> tuple[str, str]:
    """Give what stands in the line before and behind; of a long line the nearer part."""
    start = text.rfind("\n", max(0, found.start() - LINE), found.start()) + 1
    stop = text.find("\n", found.end(), found.end() + LINE)
    stop = stop if stop >= 0 else min(len(text), found.end() + LINE)
    return text[start or max(0, found.start() - LINE) : found.start()], text[found.end() : stop]


def _alone(text: str, names: re.Match[str]) -> bool:
    """Say whether a line holds only names, and initials of the desk: ``sda/red.``."""
    before, behind = _line(text, names)
    if WORD.search(before) is not None or len(behind) > SHORT:
        return False
    rest = [part for part in re.split(r"[\s/,()\[\]–—-]+", behind) if WORD.search(part)]
    slashed = not rest or behind.lstrip()[:1] in "/-,"
    return slashed and all(INITIALS.match(part) for part in rest)


def _signs_off(text: str, names: re.Match[str]) -> bool:
    """Say whether the names stand behind the last sentence of a paragraph: ``... migas. EFE``."""
    before, behind = _line(text, names)
    return SENTENCE_END.search(before) is not None and not behind.strip(" .")


def _claims(text: str, found: re.Match[str]) -> bool:
    """Say whether ``© AFP`` opens a line: then the text is the agency's, not a picture."""
    before, _ = _line(text, found)
    words = RIGHTS.sub("", found[0]).split(". ")[0]
    return not before.strip() and bool(agencies(words)) and agencies(words)[0].kind == "agency"


def _at(start: int, raw: str, credits_: Iterable[Credit]) -> Iterator[tuple[int, Credit]]:
    words = " ".join(raw.split())
    yield from ((start, replace(credit, raw=words) if words else credit) for credit in credits_)


def _stands_as_credit(text: str, group: re.Match[str]) -> bool:
    """Say whether brackets stand where a credit does: at either end of a line, or before a dash."""
    before, behind = _line(text, group)
    behind = behind.strip()
    if _explains(before, group["inside"]):
        return False
    if not behind.strip(".!?»«“”\"'’") or not before.strip():
        return True
    return PLACE.match(before) is not None and (behind.lstrip(".")[:1] in DASHES or before.strip().isupper())


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
