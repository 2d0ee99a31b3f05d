"""Names of sources that have none: a function of their own address, and of nothing else.

Were other sources looked at, adding one could rename another, and its entries would come back as new.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import unquote, urlsplit

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
NAME_PATTERN = re.compile(NAME[:-1] + r"\Z")
DEVICES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789")}
)
"""Windows takes these for devices, with any ending (``con.atom``)."""
OURS = frozenset({"index", "sources", "archive"})
"""Outputs may not be called so: these are files of the site itself."""
LONGEST = 60
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


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


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
