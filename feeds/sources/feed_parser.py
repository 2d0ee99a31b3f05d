"""feedparser, asked for no more than is used: the same values, in half the time.

feedparser's own reading of well-formed XML goes through two layers of the standard library, resolves the base
of each element against itself, reads dates that ``normalize.dates`` reads again, and copies deeply what is
flat. Here expat calls its handler directly, names are worked out once a document, and nothing cleans,
resolves or reads dates inside. What is unusual (markup in an element that says it holds none, base64) is
left to feedparser's own methods. ``tests/test_feed_parser.py`` holds that the values are feedparser's.
"""

from __future__ import annotations

import re
import xml.parsers.expat
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import feedparser
from feedparser.urls import _urljoin, make_safe_absolute_uri

from feeds.errors import ReadError
from feeds.normalize.chars import C1
from feeds.sources.end_tags import mended
from feeds.sources.feed_values import Values

# feedparser has no error of its own for bad input: what it raises is what its own code stumbles over (an
# attribute where it expects text, an assertion). So
# these are the classes of stumbling; not among them: MemoryError, and what is raised around feedparser.
STUMBLING = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError),
)
# feedparser's parsers are called as its ``parse`` calls them, but for this name: under "utf-8" they take each
# text that could be UTF-8 read as Latin-1 for that, and turn an "\u00c2\u00a1" that was meant into "\u00a1".
ENCODING = "utf8"
# What feedparser makes of them is not used (``feed_extra`` reads places), takes seventy times their length in
# memory, and of a coordinate system that is no number it gives up the whole feed.
PLACES = (
    *("where", "georss_where", "georss_point", "georss_line", "georss_polygon", "georss_box"),
    *(
        "gml_point",
        "gml_linestring",
        "gml_polygon",
        "gml_exterior",
        "gml_linearring",
        "gml_pos",
        "gml_poslist",
    ),
)
CHAPTERS = ("psc_chapters", "psc_chapter")
# Each with the name under which its text is kept; feedparser would read them as times, too.
DATES = (
    *(("published", "published"), ("issued", "published"), ("pubdate", "published")),
    *(("dcterms_issued", "published"), ("updated", "updated"), ("modified", "updated")),
    *(("lastbuilddate", "updated"), ("dc_date", "updated"), ("dcterms_modified", "updated")),
    *(("created", "created"), ("dcterms_created", "created"), ("expirationdate", "expired")),
)
XHTML = "application/xhtml+xml"
FOREIGN = frozenset({("math", "http://www.w3.org/1998/Math/MathML"), ("svg", "http://www.w3.org/2000/svg")})
USERLAND = "http://backend.userland.com/rss"
BESIDE_INPUT = frozenset({"title", "link", "description", "name"})
BESIDE_IMAGE = frozenset({"title", "link", "description", "url", "href", "width", "height"})
LABELS = frozenset({"category", "tags", "itunes_keywords"})
UNMEANT = re.compile("[\x80-\x9f]")
MEANT = MappingProxyType({code: character for code, character in C1.items() if character})
# An address that feedparser's resolving leaves as it is, whatever it is relative to.
ABSOLUTE = re.compile(r"https?://[a-z0-9.-]+/[A-Za-z0-9._~%/-]*(?:\?[A-Za-z0-9._~%=&/-]+)?\Z")


class _Flat(dict[str, Any]):
    """The attributes of a text, none of which holds anything that could be changed."""

    def __deepcopy__(self, _: object) -> _Flat:
        return _Flat(self)


def _told(handler: Any) -> Any:
    """Let a parser of feedparser's clean and resolve nothing, and read no dates, places and chapters."""
    handler.resolve_relative_uris = handler.sanitize_html = False
    for name in CHAPTERS:
        # feedparser 6.0.14 stumbles over one without a start, and the whole entry would be lost.
        setattr(handler, f"_start_{name}", lambda _: None)
        setattr(handler, f"_end_{name}", lambda: None)
    for name in PLACES:
        setattr(handler, f"_start_{name}", lambda _: handler.push("place", 0))
        setattr(handler, f"_end_{name}", lambda: handler.pop("place"))
    for name, kept in DATES:
        setattr(handler, f"_end_{name}", lambda kept=kept: handler.pop(kept))
    return handler


class Strict(feedparser.api.StrictFeedParser):  # type: ignore[misc]
    """What reads XML, as handler of expat's events. Of one document only."""

    contentparams: Values
    baseuri: str
    lang: str | None
    decls: dict[str, str]

    def __init__(self, url: str) -> None:
        super().__init__(url, None, ENCODING)
        self._tags: dict[str, tuple[str, str | None]] = {}
        self._ends: dict[str, str] = {}
        self._keys: dict[str, tuple[str, str]] = {}
        self._starting: dict[str, tuple[str, bool, Callable[[Values], None] | None]] = {}
        self._ending: dict[str, tuple[str, Callable[[], None] | None]] = {}
        self._bases: dict[tuple[str, str], str] = {}
        self._addresses: dict[tuple[str, str], str] = {}

    def read(self, text: str) -> None:
        """Read a document.

        Raises:
            xml.parsers.expat.ExpatError: It is not well-formed.
        """
        # As the standard library's reader of XML sets it up, with names as "address name prefix".
        parser = xml.parsers.expat.ParserCreate(None, " ")
        parser.namespace_prefixes = True
        parser.buffer_text = True
        parser.StartElementHandler = self.start
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.handle_data
        parser.StartNamespaceDeclHandler = self.startPrefixMapping
        parser.Parse(text.encode("utf-8", "replace"), True)

    def track_namespace(self, prefix: str | None, uri: str) -> None:
        super().track_namespace(prefix, uri)
        for names in (self._tags, self._ends, self._starting, self._ending):
            names.clear()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin an element: feedparser's ``startElementNS``."""
        known = self._tags.get(name)
        if known is None:
            known = self._tags[name] = self._tag(name)
        tag, foreign = known
        told, self.decls = self.decls, {}
        if foreign is not None:
            told["xmlns"] = foreign
        if attributes:
            keys = [self._keys.get(one) or self._key(one) for one in attributes]
            for key, value in zip(keys, attributes.values(), strict=True):
                told[key[0]] = value
            for key, value in zip(keys, attributes.values(), strict=True):
                told[key[1]] = value
        if self.incontent:
            super().unknown_starttag(tag, list(told.items()))
        else:
            self._begun(tag, told)

    def _tag(self, name: str) -> tuple[str, str | None]:
        """Work out the name under which feedparser knows an element, and what it says of foreign markup."""
        words = name.split()
        namespace, word = (None, name) if len(words) == 1 else words[:2]
        low = (namespace or "").lower()
        if USERLAND in low:
            namespace = low = USERLAND
        tag = word.lower()
        foreign = namespace if (tag, namespace) in FOREIGN else None
        return self._named(tag, namespace, self._matchnamespaces.get(low)), foreign

    def _named(self, word: str, namespace: str | None, prefix: str | None) -> str:
        if prefix:
            return f"{prefix}:{word}".lower()
        if namespace:
            used = self.namespaces_in_use.items()
            own = next((name for name, value in used if name and value == namespace), None)
            return f"{own}:{word}".lower() if own else word.lower()
        return word.lower()

    def _key(self, name: str) -> tuple[str, str]:
        """Work out the two names under which feedparser knows an attribute."""
        words = name.split()
        namespace, word = (None, name) if len(words) == 1 else words[:2]
        prefix = self._matchnamespaces.get((namespace or "").lower(), "")
        own = f"{words[2]}:{word}" if len(words) == 3 else word
        known = (f"{prefix}:{word}" if prefix else word).lower(), own.lower()
        self._keys[name] = known
        return known

    def _begun(self, tag: str, told: Values) -> None:
        """Begin an element that stands in no text: feedparser's ``unknown_starttag``."""
        self.depth += 1
        self._scoped(tag, told)
        if told:
            self._declared(told)
        known = self._starting.get(tag)
        if known is None:
            prefix, suffix = self._parted(tag)
            method = getattr(self, f"_start_{prefix}{suffix}", None)
            known = self._starting[tag] = f"{prefix}{suffix}", not prefix, method
        name, plain, method = known
        if plain:
            if tag not in BESIDE_INPUT:
                self.intextinput = 0
            if tag not in BESIDE_IMAGE:
                self.inimage = 0
        try:
            if method is not None:
                method(told)
                return
        except AttributeError:
            # As feedparser takes it: "something has gone wrong", so it is an element like any other.
            pass
        if told:
            self._get_context()[name] = told
        else:
            self.push(name, 1)

    def _scoped(self, tag: str, told: Values) -> None:
        """Note what addresses in an element are relative to, and its language."""
        for key in ("rel", "type"):
            if key in told:
                told[key] = told[key].lower()
        base, lang = self.baseuri, self.lang
        written = base
        if told:
            written = told.get("xml:base", told.get("base")) or base
            spoken = told.get("xml:lang", told.get("lang"))
            lang = lang if spoken is None else spoken or None
        resolved = self._bases.get((base, written))
        if resolved is None:
            resolved = (make_safe_absolute_uri(base, written) or base) if base else _urljoin(base, written)
            self._bases[base, written] = resolved
        if lang and tag in ("feed", "rss", "rdf:RDF"):
            self.feeddata["language"] = lang.replace("_", "-")
        self.baseuri, self.lang = resolved, lang
        self.basestack.append(resolved)
        self.langstack.append(lang)

    def _declared(self, told: Values) -> None:
        for key, value in told.items():
            if key.startswith("xmlns:"):
                self.track_namespace(key[6:], value)
            elif key == "xmlns":
                self.track_namespace(None, value)

    def _parted(self, tag: str) -> tuple[str, str]:
        prefix, colon, suffix = tag.partition(":")
        prefix, suffix = (prefix, suffix) if colon else ("", tag)
        prefix = self.namespacemap.get(prefix, prefix)
        return f"{prefix}_" if prefix else "", suffix

    def end(self, name: str) -> None:
        """End an element: feedparser's ``endElementNS``."""
        tag = self._ends.get(name)
        if tag is None:
            words = name.split()
            namespace, word = (None, name) if len(words) == 1 else words[:2]
            prefix = self._matchnamespaces.get((namespace or "").lower(), "")
            tag = self._ends[name] = self._named(word, namespace, prefix)
        if self.svgOK:
            super().unknown_endtag(tag)
        else:
            self._done(tag)

    def _done(self, tag: str) -> None:
        """End an element: feedparser's ``unknown_endtag``."""
        known = self._ending.get(tag)
        if known is None:
            prefix, suffix = self._parted(tag)
            method = getattr(self, f"_end_{prefix}{suffix}", None)
            known = self._ending[tag] = f"{prefix}{suffix}", method
        name, method = known
        try:
            if method is None:
                self.pop(name)
            else:
                method()
        except AttributeError:
            self.pop(name)
        if self.incontent and not self._in_text(tag):
            return
        if self.basestack:
            self.basestack.pop()
            if self.basestack and self.basestack[-1]:
                self.baseuri = self.basestack[-1]
        if self.langstack:
            self.langstack.pop()
            if self.langstack:
                self.lang = self.langstack[-1]
        self.depth -= 1

    def _in_text(self, tag: str) -> bool:
        """End an element within a text; say whether feedparser counts it."""
        params = self.contentparams
        if not params.get("type", "xml").endswith("xml"):
            if tag in ("xhtml:div", "div"):
                return False
            params["type"] = XHTML
        if params.get("type") == XHTML:
            self.handle_data(f"</{tag.rpartition(':')[2]}>", escape=0)
        return True

    def push_content(self, tag: str, told: Values, kind: str, expecting: object) -> None:
        super().push_content(tag, told, kind, expecting)
        # A plain dictionary: no key of a text's has another name, and it is asked often.
        self.contentparams = _Flat(self.contentparams)

    def resolve_uri(self, uri: str) -> str:
        if ABSOLUTE.match(uri):
            return uri
        key = self.baseuri, uri
        resolved = self._addresses.get(key)
        if resolved is None:
            resolved = self._addresses[key] = super().resolve_uri(uri)
        return resolved

    def pop(self, element: str, strip_whitespace: int = 1) -> str | None:
        """Take the text of an element, and keep it where it belongs."""
        params = self.contentparams
        if params and (params.get("base64") or params.get("type") == XHTML):
            text: str | None = super().pop(element, strip_whitespace)
            return text
        if not self.elementstack or self.elementstack[-1][0] != element:
            return None
        _, expecting, pieces = self.elementstack.pop()
        output = "".join(pieces)
        if strip_whitespace:
            output = output.strip()
        if not expecting:
            return output
        if output and element in self.can_be_relative_uri and (element != "id" or self.guidislink):
            output = self.resolve_uri(output)
        if params:
            self._guess(params, output)
        if not output.isascii() and UNMEANT.search(output):
            output = output.translate(MEANT)
        if element not in LABELS and not (element == "title" and -1 < self.title_depth <= self.depth):
            self._keep(element, output)
        return output

    def _guess(self, params: Values, output: str) -> None:
        """Take for HTML what looks so, where a format leaves that to its readers."""
        guessed = params.get("type") == "text/plain" and not self.version.startswith("atom")
        if guessed and ("<" in output or "&" in output) and self.looks_like_html(output):
            params["type"] = "text/html"
        params.pop("mode", None)
        params.pop("base64", None)

    def _keep(self, element: str, output: str) -> None:
        if self.inentry and not self.insource:
            self._keep_inside(element, output)
        elif self.infeed or self.insource:
            self._keep_around(element, output)

    def _keep_inside(self, element: str, output: str) -> None:
        """Keep a text of an entry."""
        entry = self.entries[-1]
        if element == "content":
            entry.setdefault(element, []).append({**self.contentparams, "value": output})
            return
        if element == "link":
            if not self.inimage:
                entry[element] = output = _unescaped(output.replace("&amp;", "&"))
                if output:
                    entry["links"][-1]["href"] = output
            return
        element = "summary" if element == "description" else element
        depths = self.property_depth_map.setdefault(entry, {})
        known = depths.get(element)
        if known is None or self.depth <= known:
            depths[element] = self.depth
            entry[element] = output
        if self.incontent:
            entry[f"{element}_detail"] = {**self.contentparams, "value": output}

    def _keep_around(self, element: str, output: str) -> None:
        """Keep a text of the feed, or of the feed that an entry comes from."""
        context = self._get_context()
        element = "subtitle" if element == "description" else element
        context[element] = output
        if element == "link":
            context[element] = output = _unescaped(output)
            context["links"][-1]["href"] = output
        elif self.incontent:
            context[f"{element}_detail"] = {**self.contentparams, "value": output}


def _unescaped(address: str) -> str:
    """Write "&b;=2" as "&b=2": feedparser takes the names of a query for references."""
    return re.sub("&([A-Za-z0-9_]+);", r"&\g<1>", address) if "&" in address else address


def parse(text: str, url: str) -> tuple[Values, bool]:
    """Let feedparser read a document: strictly, and as it comes where it is no XML.

    Args:
        text: As ``repair`` made it.
        url: The document's address, absolute.

    Returns:
        What it holds: ``feed`` and ``entries``; and the ``text`` that was read, its end tags mended. And
        whether it is XML.

    Raises:
        ReadError: feedparser stumbles over it.
    """
    strict = True
    try:
        handler: Any = _told(Strict(url))
        try:
            handler.read(text)
        except xml.parsers.expat.ExpatError as error:
            strict = False
            text = mended(text) if "mismatched tag" in str(error) else text
            handler = _told(feedparser.api.LooseFeedParser(url, None, ENCODING, {}))
            handler.feed(text)
    except STUMBLING as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:100]}"
        raise ReadError(f"the feed cannot be read: feedparser stumbles over it ({reason})") from error
    return {"feed": handler.feeddata, "entries": handler.entries, "text": text}, strict
