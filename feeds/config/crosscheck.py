"""What only shows when everything is seen together: names, addresses, and what outputs take from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from feeds.config.problems import Mistake, Part, keys_of, part_of, suggest, written
from feeds.config.schema import Output, Source
from feeds.config.secrets import Expanded
from feeds.config.syntax import Place

PAGE_KEYS = MappingProxyType(
    {
        "entry": "entry: beside kind: page, the CSS selector of each entry, like li.event",
        "fields": "fields: beside kind: page, like {title: h3, url: a@href}",
    }
)


def label(parts: list[Part], place: Place, here: Place) -> str:
    """Say where something else stands, naming the file if it is another."""
    home, other = part_of(parts, here), part_of(parts, place)
    text = written(other.local(place))
    return text if home is other else f"{other.file}: {text}"


def names(kind: str, items: Sequence[object], raw: Sequence[object], parts: list[Part]) -> Iterator[Mistake]:
    """Find names that are taken; names that differ only in case are one file on some systems."""
    seen: dict[str, int] = {}
    for index, item in enumerate(items):
        name = item.get("name") if isinstance(item, dict) else None
        if not isinstance(name, str) or not name:
            continue
        first = seen.setdefault(name.strip().casefold(), index)
        if first == index:
            continue
        place: Place = (kind, index, "name")
        other = label(parts, (kind, first), place)
        given = raw[index]
        if isinstance(given, dict) and "name" in given:
            found = "a name" if isinstance(name, Expanded) else repr(name)
            yield Mistake(
                place=place, message=f"expected a name of its own, found {found}, which {other} has"
            )
        else:
            message = f"expected a name of its own, found {name!r}, made from the address, which {other} has"
            yield Mistake(place=place, message=f"{message}; give one of them a `name:`")


def addresses(items: Sequence[object]) -> Iterator[Mistake]:
    """Find sources that say neither or both of url and path, or not the one that their kind needs."""
    known = frozenset(keys_of(Source))
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            continue
        url, path, kind = item.get("url"), item.get("path"), item.get("kind", "auto")
        place: Place = ("sources", index)
        if url is None and path is None:
            # Then the mistyped word is told, and this would only repeat it.
            if item.keys() <= known:
                yield Mistake(place=place, message="expected url or path, found neither")
        elif url is not None and path is not None:
            yield Mistake(place=(*place, "path"), message="expected url or path, found both", at_key=True)
        elif kind == "articles" and path is None:
            message = "expected path, the folder of texts, for kind articles, found url"
            yield Mistake(place=(*place, "url"), message=message, at_key=True)
        elif kind in {"feed", "json_feed", "page", "sitemap"} and url is None:
            message = f"expected url, the address, for kind {kind}, found path"
            yield Mistake(place=(*place, "path"), message=message, at_key=True)


def selected(items: Sequence[object]) -> Iterator[Mistake]:
    """Find pages without what tells their entries, and that beside sources of other kinds."""
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            continue
        place: Place = ("sources", index)
        given = [key for key in PAGE_KEYS if item.get(key) is not None]
        if item.get("full_text") and item.get("path") is not None:
            message = "expected full_text beside url only: texts of a folder are full, and have no page"
            yield Mistake(place=(*place, "full_text"), message=message, at_key=True)
        if item.get("match") is not None and item.get("kind") != "sitemap":
            found = f"kind: {item['kind']}" if "kind" in item else "no kind"
            message = f"expected kind: sitemap beside it, found {found}"
            yield Mistake(place=(*place, "match"), message=message, at_key=True)
        if item.get("kind") != "page":
            message = "expected kind: page beside it, found "
            found = f"kind: {item['kind']}" if "kind" in item else "no kind"
            yield from (Mistake(place=(*place, key), message=message + found, at_key=True) for key in given)
            continue
        for key in PAGE_KEYS:
            if key not in given:
                yield Mistake(place=(*place, "kind"), message=f"expected {PAGE_KEYS[key]}, found no {key}")
        fields = item.get("fields")
        if isinstance(fields, dict) and not any(fields.values()):
            yield Mistake(place=(*place, "fields"), message="expected at least one field like title: h3")


def listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def origins(outputs: Sequence[object], sources: Sequence[object]) -> Iterator[Mistake]:
    """Find outputs that take from a source or a tag that does not exist."""
    known: Mapping[str, dict[str, None]] = {"tags": {}, "sources": {}}
    for item in sources:
        if isinstance(item, dict):
            known["tags"].update(
                dict.fromkeys(tag.strip() for tag in listed(item.get("tags")) if isinstance(tag, str))
            )
            if isinstance(name := item.get("name"), str):
                known["sources"][name.strip()] = None
    for index, output in enumerate(outputs):
        wanted = output.get("from") if isinstance(output, dict) else None
        for key, words in known.items():
            for number, word in enumerate(listed(wanted.get(key)) if isinstance(wanted, dict) else []):
                if not isinstance(word, str) or not word.strip() or word.strip() in words:
                    continue
                message = unknown_word(key, word, words)
                yield Mistake(place=("outputs", index, "from", key, number), message=message)


def unknown_word(key: str, word: str, words: Iterable[str]) -> str:
    expected = "a tag that a source has" if key == "tags" else "the name of a source"
    if isinstance(word, Expanded) and word.secret:
        return f"expected {expected}, found another text"
    hint = suggest(word, words) or (
        f"; there are {', '.join(sorted(words)[:10])}" if words else "; there is none"
    )
    return f"expected {expected}, found {word!r}{hint}"


def unsaid(items: Iterable[object]) -> bool:
    """Say whether a name or a tag of a source, or one that an output takes from, is a reference."""
    for item in items:
        if not isinstance(item, dict):
            continue
        wanted = item.get("from")
        words = [item.get("name"), *listed(item.get("tags"))]
        words += (
            [word for value in wanted.values() for word in listed(value)] if isinstance(wanted, dict) else []
        )
        if any(isinstance(word, Expanded) for word in words):
            return True
    return False


def mistakes(
    sources: Sequence[object],
    raw: Sequence[object],
    outputs: Sequence[object],
    parts: list[Part],
    *,
    known: bool = True,
) -> list[Mistake]:
    """Give what is wrong between the parts of the plain values.

    Args:
        sources: In the long form, with names.
        raw: The same as written.
        outputs: As written.
        parts: The files they came from.
        known: Whether these are all sources, with all their names and tags.
    """
    return [
        *names("sources", sources, raw, parts),
        *names("outputs", outputs, outputs, parts),
        *addresses(sources),
        *selected(sources),
        *(origins(outputs, sources) if known else ()),
    ]


def bounds(sources: Iterable[Source]) -> Iterator[Mistake]:
    """Find sources whose shortest wait, their own or the default, is longer than their longest."""
    for index, source in enumerate(sources):
        if source.min_interval > source.max_interval:
            message = (
                f"expected min_interval not to be longer than max_interval, found {source.min_interval}"
                f" and {source.max_interval}"
            )
            yield Mistake(place=("sources", index, "min_interval"), message=message)


def archives(outputs: Iterable[Output], base_url: str | None) -> Iterator[Mistake]:
    """Find outputs with an archive where nobody knows the address by which its pages name each other."""
    for index, output in enumerate(outputs):
        if output.archive is not None and base_url is None:
            message = "expected site.base_url where there is an archive: its pages name each other by it"
            yield Mistake(place=("outputs", index, "archive"), message=message)
