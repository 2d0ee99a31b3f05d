"""Parts of an entry as our own documents say them, in XML and JSON alike: literally."""

from __future__ import annotations

import re

from feeds.model import Category, Credit, Person, Role
from feeds.normalize.chars import unjoined
from feeds.normalize.text import excerpt, one_line, visible
from feeds.normalize.urls import is_uri, scheme_of, web_url
from feeds.sources import parts

REL = re.compile(r"[!-~]{1,200}\Z")
MAIL = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+\Z")


def words(text: str | None, limit: int = parts.NAME) -> str | None:
    """Read a name or label literally: it is plain text, whatever it looks like."""
    line = excerpt(unjoined(one_line(text)), limit) if text else ""
    return line if visible(line) else None


def rel_of(raw: str) -> str | None:
    """Read what a link is for; None if it says nothing that could be said again."""
    return raw if REL.match(raw) else None


def person_of(
    name: str | None, email: str | None, uri: str | None, role: str | None, job: str | None
) -> Person | None:
    """Make a person of what our documents say; None if nothing is left that names somebody."""
    mail = email if email and MAIL.match(email) else None
    page = (
        uri if scheme_of(uri or "") in {"mailto", "xmpp"} and is_uri(uri or "") else web_url(uri or "", None)
    )
    called = words(name)
    # A name has to be there, so an address may stand in for it.
    called = None if called in (mail, page) else called
    if not (called or mail or page):
        return None
    does = next((one for one in Role if one == role), Role.AUTHOR)
    return Person(name=called, email=mail, uri=page, role=does, role_raw=words(job))


def category_of(term: str | None, scheme: str | None, label: str | None) -> Category | None:
    name, shown_as = words(term), words(label)
    address = (scheme or "").strip()
    kept = address if re.fullmatch(r"[!-~]{1,500}", address) else None
    if scheme_of(address) in {"javascript", "vbscript", "data"}:
        kept = None
    return Category(term=name, scheme=kept, label=shown_as) if name else None


def credit_of(kind: str, name: str | None, code: str | None, raw: str | None) -> Credit | None:
    called = words(name)
    if called is None or kind not in {"agency", "photo", "source"}:
        return None
    return Credit(kind=kind, code=words(code, 30), name=called, raw=words(raw))
