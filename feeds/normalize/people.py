"""People: author slots and bylines -> persons with roles. An agency in their place is a credit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from feeds.model import Credit, Person, Role
from feeds.normalize.agencies import agencies, agency, agency_credits
from feeds.normalize.chars import one_line, visible
from feeds.normalize.date_words import fold
from feeds.normalize.roles import GROUPS, OPENINGS, PARTICLES, QUALIFIERS, role_of

__all__ = ("agency_credits", "byline", "bylines", "is_role", "person", "split_people")

LONG_NAME = 200
LONG_BYLINE = 140
EDGES = " ,;:<>()[]\"'|-"
"""What begins or ends no name."""

MAIL = r"[^\s@<>()\[\],;:\"]+@[^\s@<>()\[\],;:\"]+\.[^\s@<>()\[\],;:\".]+"
URI = r"https?://[^\s<>()\"]+"
CONTACT = re.compile(
    rf"[<(\[]?\s*(?:mailto:)?(?P<mail>{MAIL})\s*[>)\]]?|[<(\[]?\s*(?P<uri>{URI})\s*[>)\]]?", re.IGNORECASE
)
NOBODY = frozenset(
    (
        "unknown",
        "anonymous",
        "none",
        "null",
        "nobody",
        "n/a",
        "unbekannt",
        "anonym",
        "anonyme",
        "inconnu",
        "author",
    )
)
NO_REPLY = re.compile(r"(?:no[._-]?reply|do[._-]?not[._-]?reply|nobody)@", re.IGNORECASE)

OPENING = re.compile(
    r"(?P<words>"
    + "|".join(
        re.escape(key.removeprefix("colon ")) + r"(?=\s*:)"
        if colon
        else re.escape(key.removeprefix("space "))
        for key, (colon, _) in sorted(OPENINGS.items(), key=lambda pair: -len(pair[0]))
    )
    + r")(?:\s*:\s*|\s+)",
    re.IGNORECASE,
)
PARTS = re.compile(r"\s*(?:,|;|\||\s[–—-]\s|\(|\))\s*(?:(?:und|and|et|e|y|en|&)\s+)?")
PERSONS = re.compile(r"\s+(?:und|and|et|e|y|en|&|\+|with|mit|avec|con|com|met)\s+|\s*/\s*(?!-?in(?:nen)?\b)")
SEGMENTS = re.compile(
    r"\s*[/|·•;,]\s*(?=[^\W\d_]+\s*:(?!in(?:nen)?\b))|\s*[;|·•]\s*(?=(?:\w+\s+){1,2}(?:by|von|par|di|por|door)\s)",
    re.IGNORECASE,
)
HANDLE = re.compile(r"\s*[(\[]?(?<![\w.])@\w{2,30}[)\]]?")
PLACED = re.compile(
    r"(?P<name>.{3,60}?)\s+(?P<place>(?:in|from)\s+[A-Z][\w.’'-]*(?:\s[A-Z][\w.’'-]*){0,2})\Z"
)
ELIDED = re.compile(r"[dl]['’][^\W\d_a-z]")
NAME_WORD = re.compile(r"(?:[^\W\d_]+\.?|[dDlLO]['’])(?:[-'’·.][^\W\d_]+\.?)*\Z")


def person(raw: str) -> Person | None:
    """Read an author slot: a name, an address, or both in any of the usual orders.

    Args:
        raw: Plain text: ``Ada Example <ada@example.org>``, ``ada@example.org (Ada Example)``,
            ``By Ada Example, Staff Writer`` ...

    Returns:
        The person as declared; None if nobody is named (empty, "unknown", a no-reply address alone).

    >>> person("ada@example.org (Ada Example)")
    Person(name='Ada Example', email='ada@example.org', uri=None, role=<Role.AUTHOR: 'author'>, role_raw=None)
    """
    return _person(raw[: 4 * LONG_NAME])


@lru_cache(maxsize=256)
def _person(raw: str) -> Person | None:
    """Read an author slot; the same few authors stand in all entries of a source."""
    text = one_line(raw)
    contacts = list(CONTACT.finditer(text))
    email = next((match["mail"] for match in contacts if match["mail"]), None)
    uri = next((match["uri"] for match in contacts if match["uri"]), None)
    name = CONTACT.sub(" ", text) if contacts else text
    name = " ".join(name.split()).strip(EDGES)
    known = visible(name) and name.lower() not in NOBODY and any(letter.isalnum() for letter in name)
    written = bylines(name) if known else ()
    if len(written) == 1:
        return replace(_bare(written[0]), email=email, uri=uri)
    if not known and (not contacts or NO_REPLY.match(email or "")):
        return None
    return Person(name=name[:LONG_NAME].strip(EDGES) if known else None, email=email, uri=uri)


def _bare(one: Person) -> Person:
    """Give a person whose name is no byline itself ("Von Von Ada Example"): it is read once for all."""
    inner = bylines(one.name or "")
    if len(inner) != 1 or inner[0].name in (None, one.name):
        return one
    role = inner[0].role if one.role is Role.AUTHOR else one.role
    return _bare(replace(one, name=inner[0].name, role=role, role_raw=one.role_raw or inner[0].role_raw))


def split_people(persons: Sequence[Person]) -> tuple[tuple[Person, ...], tuple[Credit, ...]]:
    """Part persons from agencies that stand in an author slot; order kept.

    >>> people, credits = split_people((Person(name="Ada Example, dpa"), Person(name="AFP/sda")))
    >>> [one.name for one in people], [credit.code for credit in credits]
    (['Ada Example'], ['dpa', 'afp', 'sda'])
    """
    people: list[Person] = []
    found: list[Credit] = []
    for one in persons:
        name, credited = _without_agency(one.name or "")
        rest, more = name, credited
        while rest and more:  # "Ada Example, dpa, AFP"; and an agency may be all that is left.
            rest, more = _without_agency(rest)
            name, credited = rest, (*credited, *more)
        found += [credit for credit in credited if credit not in found]
        if not credited:
            people.append(one)
        elif name:
            people.append(replace(one, name=name))
    return tuple(people), tuple(found)


def _without_agency(name: str) -> tuple[str, tuple[Credit, ...]]:
    """Give what is left of a name without the agencies at its end, and these."""
    bare = re.sub(r"\s+(?:Staff|Newsroom|News Agency|Redaktion)\Z|\A(?:Von|By|Par)\s+", "", name)
    whole = agencies(bare)
    if whole:
        return "", tuple(replace(credit, raw=name) for credit in whole)
    tail = re.search(r"(?:\s*[,/(|]\s*|\s+[–-]\s+)(?P<agency>[^,/(|]+?(?:/[^,/(|]+)*)\)?\Z", name)
    if tail is None:
        # "JANE DOE Associated Press"; one short word more may be a family name (Bloomberg).
        tail = re.search(r"\s(?P<agency>(?:The )?Associated Press|[A-Z]{3,4})\Z", name)
    found = agencies(tail["agency"]) if tail else ()
    if tail is None or not any(credit.code for credit in found):
        return name, ()
    rest = name[: tail.start()].strip()
    return rest, tuple(replace(credit, raw=name) for credit in found)


def byline(line: str) -> Person | None:
    """Read a line of a text that says who wrote it; None if it is none. Of several persons the first.

    >>> byline("Ada Example Redaktorin News")
    Person(name='Ada Example', email=None, uri=None, role=<Role.EDITOR: 'editor'>, role_raw='Redaktorin News')
    """
    return next(iter(bylines(line)), None)


def bylines(line: str) -> tuple[Person, ...]:
    """Read a byline of one or several persons.

    It begins with a word like "Von", "By" or "Text:", or it is names with their roles behind them and nothing
    else: a line of names alone could be a heading. What stands behind a name of an opened byline and is no
    role we know (a place) is kept in ``role_raw``.

    >>> [(one.name, one.role_raw) for one in bylines("Von Ada Example und Bob Example, Bern")]
    [('Ada Example', None), ('Bob Example', 'Bern')]
    """
    text = one_line(line[: 2 * LONG_BYLINE]).strip(" *_–—-|")
    if text[:1] == "(" and text[-1:] == ")" and "(" not in text[1:]:
        text = text[1:-1]
    if not text or len(text) > LONG_BYLINE:
        return ()
    if "@" in text:
        return _with_contacts(text)
    segments = SEGMENTS.split(text)
    if len(segments) > 1:
        return tuple(one for segment in segments for one in bylines(segment))
    return _segment(text)


def _segment(text: str) -> tuple[Person, ...]:
    """Read a byline that has one opening, or none."""
    if text.lower() in GROUPS:
        return (Person(name=text),)
    opening = OPENING.match(text)
    if opening is None:
        found = tuple(_persons(text, Role.AUTHOR, least=2, opened=False))
        return found if all(one.role_raw for one in found) else ()
    words = " ".join(opening["words"].lower().split())
    colon, spaced = OPENINGS.get(f"colon {words}"), OPENINGS.get(f"space {words}")
    with_colon = ":" in opening[0]
    role = (colon if with_colon and colon else spaced or colon or (False, Role.AUTHOR))[1]
    rest = text[opening.end() :].removesuffix(".")
    group = rest.removeprefix("der ")
    if group.lower() in GROUPS:
        return (Person(name=group, role=role),)
    return tuple(_persons(rest, role, least=1 if with_colon else 2, opened=True))


def _with_contacts(text: str) -> tuple[Person, ...]:
    """Read a byline with mail addresses or handles: addresses go to their persons, handles to their words."""
    mails = [match["mail"] for match in CONTACT.finditer(text) if match["mail"]]
    handles = [match[0].strip(" ()[]") for match in HANDLE.finditer(CONTACT.sub(" ", text))]
    bare = HANDLE.sub(" ", CONTACT.sub(" ", text))
    rest = " ".join(re.sub(r"\(\s*\)|\[\s*\]", " ", bare).split()).strip(" ,;|·•–—-")
    found = bylines(rest) if "@" not in rest else ()
    if len(mails) == len(found):
        found = tuple(replace(one, email=mail) for one, mail in zip(found, mails, strict=True))
    elif mails:
        return ()
    if len(handles) == len(found):
        pairs = zip(found, handles, strict=True)
        found = tuple(
            replace(one, role_raw=f"{one.role_raw or ''} {handle}".strip()) for one, handle in pairs
        )
    return found if not handles or len(handles) == len(found) else ()


def _persons(text: str, role: Role, *, least: int, opened: bool) -> Iterator[Person]:
    """Read names with roles, parted by commas and "and"; nothing if anything else stands there."""
    found: list[Person] = []
    for part in filter(None, PARTS.split(text)):
        new = _part(part, role, least) or (_placed(part, role) if opened else [])
        if new:
            found += new
            continue
        if agencies(part) and found:
            found.append(Person(name=part))
            continue
        if found and (behind := _role_and_more(part, role, least)):
            found[-1] = replace(found[-1], role=behind[0].role, role_raw=behind[0].role_raw)
            found += behind[1:]
            continue
        says = _role_phrase(part.split())
        if not found or (says is None and not opened) or (opened and says is None and len(part) > 60):
            return
        if any(letter.isdigit() for letter in part):  # A date: not what anybody is.
            continue
        last = found.pop()
        words = part if last.role_raw is None else f"{last.role_raw}, {part}"
        found.append(replace(last, role=says or last.role, role_raw=words))
    yield from found


def _placed(part: str, role: Role) -> list[Person]:
    """Read ``Ada Example and Bob Example in Bern``: the place is kept in the last one's words."""
    match = PLACED.match(part)
    several = _part(match["name"], role, 2) if match else []
    if match and several:
        several[-1] = replace(several[-1], role_raw=match["place"])
    return several


def _role_and_more(part: str, role: Role, least: int) -> list[Person]:
    """Read ``Science correspondent and Bob Example``: the role of whom was named before, then others."""
    first, *others = PERSONS.split(part)
    says = _role_phrase(first.split())
    more = [_named(other, role, least) for other in others]
    if says is None or not more or any(one is None for one in more):
        return []
    return [Person(name=first, role=says, role_raw=first), *(one for one in more if one is not None)]


def _part(part: str, role: Role, least: int) -> list[Person]:
    """Read one part between commas: names with or without roles; empty if one of them is no name."""
    # Several first: "y" and "e" also stand inside a Spanish or Portuguese name (Ortega y Gasset).
    for pieces in (PERSONS.split(part), [part]):
        found = [one for piece in pieces if (one := _named(piece, role, least)) is not None]
        if len(found) == len(pieces):
            return found
    return []


def _named(piece: str, role: Role, least: int) -> Person | None:
    words = piece.split()
    if agency(piece) is not None and role is Role.AUTHOR:
        return Person(name=piece)
    if len(words) < least or _role_phrase(words) is not None:
        return None
    for at in range(least, len(words)):
        says = _role_phrase(words[at:])
        if says is not None and _is_name(words[:at]):
            return Person(name=" ".join(words[:at]), role=says, role_raw=" ".join(words[at:]))
    return Person(name=piece, role=role) if _is_name(words) else None


def is_role(line: str) -> bool:
    """Say whether a line is nothing but a short phrase that names a role: ``Staff Writer``."""
    words = line.strip(" *_–—-|").split()
    return len(words) <= 5 and _role_phrase(words) is not None


def _role_phrase(words: Sequence[str]) -> Role | None:
    """Say which role a phrase like "Staff Writer" or "Redaktor News" names; else None."""
    for word in words[:4]:
        says = role_of(word)
        if says is not None:
            return says
        if fold(word) not in QUALIFIERS:
            return None
    return None


def _is_name(words: Sequence[str]) -> bool:
    """Say whether words look like one person's name: capitals, with particles between."""
    if not 1 <= len(words) <= 6 or words[-1] in PARTICLES:
        return False
    return all(
        word in PARTICLES or ((word[0].isupper() or ELIDED.match(word)) and NAME_WORD.match(word) is not None)
        for word in words
    )
