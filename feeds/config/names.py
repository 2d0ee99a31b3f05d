"""Names of sources that have none: a function of their own address, and of nothing else.

Were other sources looked at, adding one could rename another, and its entries would come back as new.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
PATH = r"^[A-Za-z0-9{][A-Za-z0-9{}._/-]{0,99}$"
NAME_PATTERN = re.compile(NAME[:-1] + r"\Z")
DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789")}
)
"""Windows takes these for devices, with any ending (``con.atom``)."""
OURS = frozenset({"index", "sources", "archive"})
"""Outputs may not be called so: these are files of the site itself."""
PLACES = MappingProxyType({"tag": "{tag}", "source": "{source}"})
"""What stands in the name of an output for what ``each`` goes through."""
LONGEST = 60
LONGEST_PATH = 100
PLAIN_TAG = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,58}[a-z0-9])?\Z")
HASHED_TAG = re.compile(r"(?:.*-[0-9a-f]{8}|[0-9a-f]{16})\Z")
FAMILIAR = re.compile(
    r"(?:^|/)(?:feeds?|rss|rss2|rss20|atom|atom10|rdf|xml|index|default)(?:\.(?:xml|rss|atom|rdf|json|php))?/*$"
    r"|\.(?:xml|rss|atom|rdf|json)/*$",
    re.IGNORECASE,
)
FAMILIAR_QUERY = frozenset({"feed=rss2", "feed=rss", "feed=atom", "format=feed&type=rss", "format=rss"})


def is_device(name: str) -> bool:
    """Say whether Windows could not make a file of that name."""
    return name.partition(".")[0].casefold() in DEVICES


def bad_name(name: str) -> str | None:
    """Say why a name cannot be a file's name everywhere; None if it can."""
    if not NAME_PATTERN.match(name):
        return "1 to 100 letters, digits, '.', '_' or '-', the first a letter or digit"
    if name.endswith("."):
        return "a name that does not end with a dot"
    return "a name that Windows does not take for a device" if is_device(name) else None


def is_ours(name: str) -> bool:
    """Say whether a file or folder of that name belongs to the site itself."""
    return name.partition(".")[0].casefold() in OURS


def bare(pattern: str) -> str:
    """Give a name of an output with a letter where a tag or a source is to stand."""
    for place in PLACES.values():
        pattern = pattern.replace(place, "x")
    return pattern


def made(pattern: str, place: str, word: str) -> str:
    """Give the name of the output of one tag or source.

    Args:
        pattern: The name that the operator wrote.
        place: What stands in it for the word.
        word: As ``tag_name`` made it, or a source's name.
    """
    name = pattern.replace(place, word)
    parts = name.split("/")
    if is_ours(parts[0]) or any(map(bad_name, parts)):
        name = pattern.replace(place, f"{word.strip('.')}-{digest(word)}")
    return name


def digest(text: str, length: int = 8) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def tag_name(tag: str) -> str:
    """Make a name of a tag: a function of this tag alone, so that no other one can rename its files.

    A tag of small letters, digits, "-" and "_" is its own name. Any other gets a hash behind what is left of
    it, so that two tags never have one name, also where "News" and "news" would be one file.

    >>> tag_name("swiss-news"), tag_name("Zürich"), tag_name("../etc")
    ('swiss-news', 'zurich-4251685e', 'etc-f7f9121f')
    """
    if PLAIN_TAG.match(tag) and not HASHED_TAG.match(tag):
        return tag
    letters = unicodedata.normalize("NFKD", tag).casefold()
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    name = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[: LONGEST - 9].rstrip("-")
    return f"{name}-{digest(tag)}" if name else digest(tag, 16)


def slug(text: str, whole: str) -> str:
    """Make a name of a text; what is lost in it is replaced by a hash of the whole address."""
    name = re.sub(r"[^a-z0-9._]+", "-", text.lower())
    name = re.sub(r"-*\.-+|-+\.-*", "-", name).strip("-._")
    lost = not name or not text.isascii() or is_device(name) or bool(re.search(r"[<>\"\\^`|]", text))
    if len(name) > LONGEST or lost:
        name = "-".join(part for part in (name[: LONGEST - 9].strip("-._"), digest(whole)) if part)
    return name


def name_of_url(url: str) -> str:
    """Make the name of a source from its address as it is written, that is with ``${NAME}`` unexpanded.

    Host without www, path and query; familiar words at the end of the path are left out.

    >>> name_of_url("https://www.theregister.com/headlines.atom")
    'theregister.com-headlines'
    >>> name_of_url("https://blog.example.com/feed/")
    'blog.example.com'
    """
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2].lower().removeprefix("www.").removesuffix(":443")
    except ValueError:
        return slug(url, url)
    path = unquote(parts.path)
    # Twice: "/blog/index.xml" and "/blog/feed/index.xml" alike lead to "/blog".
    for _ in range(2):
        path = FAMILIAR.sub("", path)
    query = "" if parts.query.lower() in FAMILIAR_QUERY else unquote(parts.query)
    return slug("-".join(part for part in (host, path.strip("/"), query) if part), url)


def name_of_path(path: str) -> str:
    """Make the name of a folder of texts from its path as it is written.

    >>> name_of_path("examples/articles/")
    'examples-articles'
    """
    return slug(path.strip("./") or "articles", path)
