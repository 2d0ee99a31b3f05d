"""Addresses: what a source writes -> an absolute http(s) URL, or nothing; and when two are the same."""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

import idna

MAX = 4096

# What browsers strip (tab, line breaks; WHATWG URL, 4.4) and what nobody can see in an address.
INVISIBLE = re.compile(
    "[\t\r\n\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
PORT = MappingProxyType({"http": "80", "https": "443"})
ACTIVE = frozenset(
    {"javascript", "vbscript", "livescript", "mocha", "data", "file", "blob", "about", "view-source"}
)
# reserved, unreserved and "%" of RFC 3986; all else is percent-encoded as UTF-8.
KEEP = "!$%&'()*+,/:;=?@[]~"
PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
PAIR = re.compile(r"%([0-9A-Fa-f]{2})")
UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")
IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}\Z")
IPV6 = re.compile(r"\[[0-9a-f:]*:[0-9a-f:.]*\]\Z")
NUMERIC = re.compile(r"(?:0x[0-9a-f]*|\d+)\Z")

# What web_url would give back as it is; nearly all addresses in feeds are like that.
PLAIN = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?\.){1,6}[a-z]{2,30}"
    r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*"
    r"(?:\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})+)?"
    r"(?:#(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})+)?\Z"
)

# RFC 3986 with the ucschar of RFC 3987. "[" and "]" only as an IP literal; one "#" at most.
UCS = "\u00a1-\ud7ff\uf900-\ufdcf\ufdf0-\uffef\U00010000-\U0001fffd\U00020000-\U000dfffd"
CHAR = rf"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?{UCS}]|%[0-9A-Fa-f]{{2}})"
URI = re.compile(rf"[A-Za-z][A-Za-z0-9+.-]*:(?://\[[0-9A-Fa-f:.]+\])?{CHAR}+(?:\#{CHAR}*)?\Z")
HIERARCHIC = re.compile(r"(?:https?|ftp):(?!//[^/?#@]+(?:[/?#]|\Z))", re.IGNORECASE)

# Parameters that say who sent the reader, never what is read. Names are compared in lower case.
TRACKING = frozenset(
    {
        *("fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "ttclid"),
        *("igshid", "igsh", "mc_cid", "mc_eid", "mkt_tok", "_hsenc", "_hsmi", "__hssc", "__hstc", "__hsfp"),
        *("hsctatracking", "vero_id", "vero_conv", "oly_anon_id", "oly_enc_id", "wickedid", "_openstat"),
        *("ns_campaign", "ns_mchannel", "ns_source", "ns_linkname", "ns_fee", "cmpid", "wt_mc", "wt.mc_id"),
        *("wtmc", "xtor", "at_medium", "at_campaign", "s_cid", "ncid", "sr_share", "_ga", "_gl", "epik"),
        *("sc_cid", "guccounter", "guce_referrer", "guce_referrer_sig", "ref_src", "ref_url", "trkcampaign"),
        *("mibextid", "rb_clickid", "li_fat_id", "zanpid"),
    }
)
TRACKING_PREFIXES = ("utm_", "pk_", "mtm_", "piwik_", "matomo_", "hsa_", "itm_", "stm_")
# A fragment is a place in the page unless it is surely none: "#ref=2" may be a note, "#utm_guide" a heading.
TRACKING_FRAGMENT = re.compile(
    r"(?:(?:utm|mtm|pk|at)_[a-z_]+=|xtor=|ens_id=|ref=(?:rss|feed|atom|newsletter|mail|share|twitter|facebook)\b)",
    re.IGNORECASE,
)


def is_plain(raw: str) -> bool:
    """Say whether an address is surely one that ``web_url`` gives back as it is."""
    return len(raw) <= MAX and PLAIN.match(raw) is not None


def web_url(raw: str, base: str | None) -> str | None:
    """Make an address absolute and plain http(s), as a browser would read it.

    Args:
        raw: What the source wrote; may be relative, may hold spaces, line breaks, other alphabets.
        base: Absolute address that a relative one is relative to; None if there is none.

    Returns:
        ASCII, at most 4,096 characters, without user and password, host in lower case (A-labels, UTS 46),
        default port left out, each character outside RFC 3986 percent-encoded; None if that cannot be had:
        another scheme, no host, a bad port, a zone id, too long.

    >>> web_url("/ä b?q=1#c", "https://Bücher.example/x/")
    'https://xn--bcher-kva.example/%C3%A4%20b?q=1#c'
    """
    if len(raw) > 4 * MAX:
        return None
    if is_plain(raw):
        return raw
    text = INVISIBLE.sub("", raw).strip()
    if not text:
        return None
    scheme = SCHEME.match(text)
    if scheme is None or (base is not None and scheme[1].lower() in PORT and not _has_slashes(text, scheme)):
        if base is None:
            return None
        try:
            text = urljoin(base, text.replace("\\", "/") if text.startswith(("\\", "/")) else text)
        except ValueError:  # Unbalanced brackets in the host.
            return None
    return _plain(text)


def _has_slashes(text: str, scheme: re.Match[str]) -> bool:
    return text[scheme.end() : scheme.end() + 1] in ("/", "\\")


def _plain(text: str) -> str | None:
    """Rebuild an absolute http(s) address from its checked parts."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:  # Brackets without partner, a port that is no number or above 65535.
        return None
    if parts.scheme not in PORT or port == 0:
        return None
    netloc = parts.netloc.replace("\\", "/")
    authority, slash, rest = netloc.partition("/")
    address = _host(authority.rpartition("@")[2])
    if address is None:
        return None
    path = slash + rest + parts.path.replace("\\", "/")
    if port is not None and str(port) != PORT[parts.scheme]:
        address = f"{address}:{port}"
    whole = urlunsplit(
        (parts.scheme, address, _encode(path) or "/", _encode(parts.query), _encode(parts.fragment))
    )
    return whole if len(whole) <= MAX else None


def _host(text: str) -> str | None:
    """Check and lower a host with or without port; IDN to A-labels (UTS 46, non-transitional)."""
    host = text.lower()
    if host.startswith("["):
        literal = host.partition("]")[0] + "]"
        return literal if IPV6.match(literal) else None
    host = unquote(host.partition(":")[0])
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True, transitional=False).decode("ascii").lower()
        except UnicodeError:  # idna.IDNAError is one.
            return None
    host = host.removesuffix(".")
    labels = host.split(".")
    if len(host) > 253 or not all(LABEL.match(label) for label in labels):
        return None
    if NUMERIC.match(labels[-1]) and not (IPV4.match(host) and all(int(label) < 256 for label in labels)):
        return None  # 2130706433, 0x7f.1: browsers read these as addresses of hosts nobody named.
    return host


def _encode(part: str) -> str:
    text = quote(PERCENT.sub("%25", part), safe=KEEP, errors="replace")
    return text.replace("[", "%5B").replace("]", "%5D")


def scheme_of(raw: str) -> str | None:
    """Say which scheme a browser would see, in lower case; None if the address is relative."""
    match = SCHEME.match(INVISIBLE.sub("", raw).strip())
    return match[1].lower() if match else None


def untrack(url: str) -> str:
    """Take away the parameters that say who sent the reader (``utm_source``, ``fbclid``, ...).

    Everything else stays byte for byte; an address without any comes back as it was.

    >>> untrack("https://a.example/x?id=1&utm_source=rss#utm_medium=x")
    'https://a.example/x?id=1'
    """
    head, mark, fragment = url.partition("#")
    if mark and TRACKING_FRAGMENT.match(fragment):
        mark = fragment = ""
    address, question, query = head.partition("?")
    pairs = query.split("&")
    kept = [pair for pair in pairs if not _tracks(pair)]
    if len(kept) < len(pairs):
        question, query = ("?", "&".join(kept)) if any(kept) else ("", "")
    return f"{address}{question}{query}{mark}{fragment}"


def _tracks(pair: str) -> bool:
    name = unquote(pair.partition("=")[0]).lower()
    return name in TRACKING or name.startswith(TRACKING_PREFIXES)


def canonical(url: str, *, fragment: bool = False) -> str:
    """Give the form in which two addresses of the same page are equal. For comparing only, never to open.

    http counts as https, tracking parameters and the default port do not count, the host is lower case,
    percent-encoding is written one way (RFC 3986, 6.2.2).

    Args:
        url: An absolute address; anything else comes back unchanged.
        fragment: Whether the part behind ``#`` counts. It does where entries live on one page.

    >>> canonical("http://Example.org:80/%7eada/?utm_medium=rss#top")
    'https://example.org/~ada/'
    """
    return _canonical(url, fragment) if len(url) <= MAX else _compared(url, fragment)


@lru_cache(maxsize=512)
def _canonical(url: str, fragment: bool) -> str:
    """Give what is compared, and remember it: an entry's page is asked for again and again."""
    return _compared(url, fragment)


def _compared(url: str, fragment: bool) -> str:
    plain = web_url(url, None)
    if plain is None:
        return url
    scheme, host, path, query, mark = urlsplit(untrack(plain))
    # A port of its own says which server speaks there, so there the scheme counts.
    scheme = scheme if ":" in host.rpartition("]")[2] else "https"
    return urlunsplit((scheme, host, _one_way(path), _one_way(query), _one_way(mark) if fragment else ""))


def same_page(url: str) -> str:
    """Give the form in which two addresses open the same page: canonical, and without a slash at its end.

    >>> same_page("http://a.example/post/?utm_source=rss#top") == same_page("https://a.example/post")
    True
    """
    address, question, query = canonical(url).partition("?")
    root = address.count("/") <= 3
    return f"{address if root else address.rstrip('/')}{question}{query}"


def _one_way(part: str) -> str:
    return PAIR.sub(_decode_unreserved, part)


def _decode_unreserved(pair: re.Match[str]) -> str:
    character = chr(int(pair[1], 16))
    return character if character in UNRESERVED else pair[0].upper()


def is_uri(text: str) -> bool:
    """Say whether a text is an absolute URI or IRI (RFC 3986, 3987) that can serve as ``atom:id``.

    Not taken although well-formed: schemes that run or embed something, http addresses with a user or
    without a host, invisible characters, and what is longer than 2,048 characters.

    >>> is_uri("urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a"), is_uri("1234"), is_uri("post: 12")
    (True, False, False)
    """
    if len(text) > MAX // 2 or URI.match(text) is None or HIERARCHIC.match(text):
        return False
    return text.partition(":")[0].lower() not in ACTIVE and INVISIBLE.search(text) is None


TAG_AUTHORITY = re.compile(r"tag:(?:[^:,@]*@)?([^:,@]+),")


def same_site(uri: str, url: str) -> bool:
    """Say whether an id names the host of an address: as its host, or the authority of a tag: URI (RFC 4151).

    Args:
        uri: An ``atom:id``.
        url: Absolute http(s).

    >>> same_site("tag:blog.example,2004:post-1", "https://www.blog.example/feed.xml")
    True
    """
    tag = TAG_AUTHORITY.match(uri)
    named = _host(tag[1]) if tag else None
    try:
        named = named or urlsplit(uri).hostname
        host = urlsplit(url).hostname
    except ValueError:  # Brackets without partner.
        return False
    return named is not None and host is not None and named.removeprefix("www.") == host.removeprefix("www.")
