"""What we hold, and whether it is what a peer wants: texts, addresses, dates, words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import html5lib

from feeds.model import Moment, Text, TextType
from feeds.normalize.html import plain, sanitize
from feeds.normalize.titles import title_of
from feeds.normalize.urls import web_url

from .verdicts import MET, Judged, Verdict, classed, missed

BASE = "https://peer.invalid/feed"
MARKUP = re.compile(r"<[a-zA-Z/!]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Prose:
    """A text. ``title``: it is one, so one line. ``base``: what relative addresses in it are relative to."""

    text: Text | None
    title: bool = False
    base: str = BASE


@dataclass(frozen=True, kw_only=True, slots=True)
class When:
    moment: Moment | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    url: str | None
    base: str = BASE


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """A short plain text, compared with white space folded; or any other plain value."""

    value: object


@dataclass(frozen=True, kw_only=True, slots=True)
class Outside:
    """What our model has no place for, and why."""

    word: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Either:
    """What we hold; if that is not what is wanted, but ``other`` is, it is so on purpose, for ``word``."""

    held: Held
    other: Held
    word: str


Held = Prose | When | Address | Words | Outside | Either
ABSENT = object()
"""Wanted: nothing."""
ANY = object()
"""Wanted: something."""


def judge(held: Held, wanted: object) -> Judged:
    """Compare what we hold with what a peer wants."""
    match held:
        case Outside():
            return classed(held.word)
        case Either():
            first = judge(held.held, wanted)
            if first.verdict is not Verdict.MISSED:
                return first
            met = judge(held.other, wanted).verdict in {Verdict.MET, Verdict.PURPOSE}
            return classed(held.word, first.said) if met else first
        case _ if wanted is ABSENT or wanted is ANY:
            return (
                MET if (value_of(held) in (None, "", False)) is (wanted is ABSENT) else missed(wanted, held)
            )
        case Prose():
            return _prose(held, wanted)
        case When():
            return _when(held.moment, wanted)
        case Address():
            return _address(held, wanted)
        case Words():
            return MET if folded(held.value) == folded(wanted) else missed(wanted, held.value)


def value_of(held: Held) -> object:
    match held:
        case Prose():
            return held.text and held.text.value
        case When():
            return held.moment
        case Address():
            return held.url
        case Words():
            return held.value
        case Either():
            return value_of(held.held)
    return None


def folded(value: object) -> object:
    return " ".join(value.split()) if isinstance(value, str) else value


def _address(held: Address, wanted: object) -> Judged:
    if not isinstance(wanted, str):
        return missed(wanted, held.url)
    resolved = web_url(wanted, held.base)
    return MET if resolved is not None and resolved == held.url else missed(wanted, held.url)


def _when(moment: Moment | None, wanted: object) -> Judged:
    if moment is None:
        return missed(wanted, None)
    if isinstance(wanted, tuple):
        return MET if moment.instant.timetuple()[:6] == wanted[:6] else missed(wanted, moment)
    if isinstance(wanted, datetime):
        return MET if moment.instant == wanted.astimezone(UTC) else missed(wanted, moment)
    return MET if folded(moment.raw) == folded(wanted) else missed(wanted, moment.raw)


def _prose(held: Prose, wanted: object) -> Judged:
    if not isinstance(wanted, str):
        return missed(wanted, held.text)
    text = held.text
    if text is None:
        return MET if not wanted.strip() else missed(wanted, None)
    if text.type is TextType.PLAIN:
        return _literal(held, text.value, wanted)
    ours, theirs = tree(text.value), tree(wanted, held.base)
    if ours == theirs:
        return MET
    safe = sanitize(wanted, held.base)
    said = f"wanted {wanted[:200]!r}, held {text.value[:200]!r}"
    if tree(safe) == ours:
        return classed(_lost(theirs, ours), said)
    if held.title and safe and (fitted := title_of(Text(value=safe, type=TextType.HTML))):
        return classed("one line", said) if tree(fitted.value) == ours else missed(wanted, text.value)
    return missed(wanted, text.value)


def _literal(held: Prose, value: str, wanted: str) -> Judged:
    """Compare a plain text of ours: the peer's may be plain too, or HTML that shows the same."""
    same, tokens = folded(value) == folded(wanted), tree(wanted)
    bare = all(isinstance(token, str) for token in tokens)
    if same and not MARKUP.search(wanted):
        return MET
    if folded(value) == folded("".join(token for token in tokens if isinstance(token, str))) and bare:
        return MET
    if same:
        return classed("literal", f"held as plain text: {value[:200]!r}")
    if folded(value) == folded(plain(sanitize(wanted, held.base))):
        word = "one line" if held.title else _lost(tokens, ())
        return classed(word, f"wanted {wanted[:200]!r}, held {value[:200]!r}")
    return missed(wanted, value)


DIV = ("div", frozenset[tuple[str, str]]())
DIV_END = ("/div", frozenset[tuple[str, str]]())
Token = str | tuple[str, frozenset[tuple[str, str]]]


def shown(html: str) -> str:
    return " ".join(plain(html).split())


def tree(html: str, base: str | None = None) -> tuple[Token, ...]:
    """Read a fragment as a browser does: texts, white space folded, elements with attributes, ends.

    ``rel`` does not count (the sanitizer writes it), nor does how an address is written that leads
    to the same place.
    """
    fragment = html5lib.parseFragment(html, treebuilder="etree", namespaceHTMLElements=False)
    merged: list[Token] = []
    for token in _tokens(fragment, base):
        if isinstance(token, str) and merged and isinstance(merged[-1], str):
            merged[-1] += token
        else:
            merged.append(token)
    texts = (" ".join(token.split()) if isinstance(token, str) else token for token in merged)
    read = tuple(token for token in texts if token)
    while read[:1] == (DIV,) and read[-1:] == (DIV_END,) and DIV_END not in read[:-1]:
        # A div around the whole says nothing: peers keep or drop that of Atom's xhtml (RFC 4287, 3.1.1.3).
        read = read[1:-1]
    return read


def _tokens(element: Any, base: str | None) -> Iterator[Token]:
    yield element.text or ""
    for child in element:
        if not isinstance(child.tag, str):  # A comment.
            yield child.tail or ""
            continue
        attributes = {str(key): str(value) for key, value in child.attrib.items() if key != "rel"}
        for name in ("href", "src", "cite", "poster"):
            if name in attributes:
                attributes[name] = web_url(attributes[name], base) or attributes[name]
        yield child.tag.lower(), frozenset(attributes.items())
        yield from _tokens(child, base)
        yield f"/{child.tag.lower()}", frozenset()
        yield child.tail or ""


def pictured(tokens: tuple[Token, ...]) -> bool:
    return any(token[0] in {"img", "video", "audio", "a"} for token in tokens if not isinstance(token, str))


def _lost(theirs: tuple[Token, ...], ours: tuple[Token, ...]) -> str:
    """Name the class of what a peer lets pass and we do not."""
    names = [{token[0] for token in tokens if not isinstance(token, str)} for tokens in (theirs, ours)]
    attributes = [
        {name for token in tokens if not isinstance(token, str) for name, _ in token[1]}
        for tokens in (theirs, ours)
    ]
    gone, lost = names[0] - names[1], attributes[0] - attributes[1]
    if any("svg" in name or "math" in name for name in gone):
        return "svg"
    if gone:
        return "elements"
    return "style" if "style" in lost else "attributes"
