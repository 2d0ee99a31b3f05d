"""Dates, threads, licences, and what the model has no word for, from the modules that have it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from feeds.model import Link, Moment, Precision
from feeds.normalize.dates import parse
from feeds.normalize.urls import is_uri, web_url
from feeds.sources import parts
from feeds.sources.elements import Element
from feeds.sources.feed_values import Reading

PUBLISHED = (
    *("pubdate", "published", "issued", "dcterms:issued", "dc:date", "dcterms:date", "dcterms:available"),
    *("prism:publicationdate", "created", "dcterms:created", "dc:created"),
)
UPDATED = ("updated", "modified", "dcterms:modified", "prism:modificationdate", "lastbuilddate")
COARSE = frozenset({Precision.YEAR, Precision.MONTH, Precision.DAY})

NUMBER = r"[+-]?\d{1,3}(?:\.\d{1,15})?"
WGS84 = re.compile(r"(?:4326|CRS:?84|WGS ?84)\Z", re.IGNORECASE)
PLACES = re.compile(rf"{NUMBER}(?:[\s,]++{NUMBER})*+\Z")
LONG = 40_000
"""Characters of a place that are looked at: more than 2,000 numbers of the usual length."""
SHAPES = (("point", 2, 2), ("line", 4, 2000), ("polygon", 8, 2000), ("box", 4, 4))
# Counters (slash:comments, thr:total) are left out on purpose: with each of them every file would change.
KEPT = (
    *("georss:featurename", "podcast:location", "prism:doi", "dc:type", "dc:coverage", "dc:relation"),
    *("slash:section", "slash:department", "media:rating", "expirationdate", "dcterms:valid"),
)


def published(holder: Element, reading: Reading) -> Moment | None:
    """Give the first appearance; told twice and alike, as coarsely as the coarser date tells it.

    A day that a format can only write as its midnight stands in ``dcterms:issued`` as the day it is.
    """
    found = first_moment(holder, PUBLISHED, reading)
    if found is None or found.precision in COARSE:
        return found
    coarse = first_moment(holder, ("dcterms:issued",), reading)
    if coarse is None or coarse.precision not in COARSE or not (found.raw or "").strip():
        return found
    return coarse if coarse.instant == found.instant else found


def updated(holder: Element, reading: Reading) -> Moment | None:
    return first_moment(holder, UPDATED, reading)


def first_moment(holder: Element, names: tuple[str, ...], reading: Reading) -> Moment | None:
    """Give the first date that can be read, by preference of names."""
    texts = (one.text for one in holder.all(*names) if one.text)
    return next((moment for text in texts if (moment := parse(text, reading.zone))), None)


def in_reply_to(holder: Element) -> str | None:
    """Give what the entry answers (RFC 4685, 3): its id, else its address."""
    told = tuple(holder.all("thr:in-reply-to"))
    references = (one.get("ref") or "" for one in told)
    addresses = (one.url("href") for one in told)
    return next((one for one in references if is_uri(one)), None) or next(filter(None, addresses), None)


def license_of(holder: Element) -> str | None:
    """Give the address of the licence (RFC 4946; Creative Commons' modules; Media RSS; podcasts)."""
    return next((url for url in _licences(holder) if url), None)


def _licences(holder: Element) -> Iterator[str | None]:
    for one in holder.all("link"):
        if (one.get("rel") or "").lower() == "license":
            yield one.url("href")
    for one in holder.all("creativecommons:license", "cc:license", "dcterms:license", "media:license"):
        yield one.url("rdf:resource", "href") or web_url(one.text, None)
    for one in holder.all("podcast:license"):
        yield one.url("url")


def replies(holder: Element) -> Iterator[Link]:
    for one in holder.all("wfw:commentrss"):
        if href := one.address():
            yield Link(href=href, rel="replies", type="application/rss+xml")


def wordless(holder: Element) -> tuple[tuple[str, str], ...]:
    """Give what the model has no word for, sorted by name, each name once: the first counts."""
    kept: dict[str, str] = {}
    for name, value in (*_where(holder), *_others(holder)):
        kept.setdefault(name, value)
    return tuple(sorted(kept.items()))


def _others(holder: Element) -> Iterator[tuple[str, str]]:
    for one in holder.all(*KEPT):
        value = parts.line(one.text)
        if value is not None:
            yield one.name, value


def _where(holder: Element) -> Iterator[tuple[str, str]]:
    """Give where it is, on Earth: latitude before longitude, as GeoRSS writes it."""
    for shape, least, most in SHAPES:
        for one in _shapes(holder, shape):
            if len(one) <= LONG and PLACES.match(one) and least <= len(one.replace(",", " ").split()) <= most:
                yield f"georss:{shape}", " ".join(one.replace(",", " ").split())
    pairs = (("geo:lat", "geo:long"), ("geo:lat", "geo:lon"), ("icbm:latitude", "icbm:longitude"))
    for group in (holder, *holder.all("geo:point", "geo:location")):
        for first, second in pairs:
            latitude, longitude = group.first(first), group.first(second)
            told = f"{latitude} {longitude}" if latitude and longitude else ""
            if len(told) <= LONG and PLACES.match(told):
                yield "georss:point", told


def _shapes(holder: Element, shape: str) -> Iterator[str]:
    yield from (one.text for one in holder.all(f"georss:{shape}"))
    for where in (*holder.all("georss:where"), holder):
        if shape == "point":
            yield from (one.first("gml:pos") or "" for one in _on_earth(where, "gml:point"))
        elif shape == "line":
            yield from (one.first("gml:poslist") or "" for one in _on_earth(where, "gml:linestring"))
        elif shape == "polygon":
            rings = (ring for one in _on_earth(where, "gml:polygon") for ring in one.all("gml:exterior"))
            yield from (
                line.first("gml:poslist") or "" for ring in rings for line in ring.all("gml:linearring")
            )
        else:
            yield from (
                f"{one.first('gml:lowercorner') or ''} {one.first('gml:uppercorner') or ''}"
                for one in _on_earth(where, "gml:envelope")
            )


def _on_earth(where: Element, name: str) -> Iterator[Element]:
    """Give places that are told as degrees (WGS 84); numbers of another system would be another place."""
    for one in where.all(name):
        system = one.get("srsname")
        if system is None or WGS84.search(system):
            yield one
