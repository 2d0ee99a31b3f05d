"""HTML: the one place where markup of strangers becomes markup of ours. The only room that knows nh3.

One policy, an allow-list. What is not named here does not pass: scripts, styles, event handlers, forms,
frames, vector pictures, ids and names (they would clobber the page they are shown in), comments, unknown
elements.
"""

from __future__ import annotations

import html as entities
import re
from itertools import islice
from types import MappingProxyType

import nh3

from feeds.normalize.chars import clean, visible
from feeds.normalize.flatten import DROPPED, flatten, tokens
from feeds.normalize.urls import is_plain, scheme_of, web_url

LIMIT = 2_000_000
"""Characters of HTML that are read; what stands behind is cut off."""
PICTURE_LIMIT = 65_536
"""Characters of a ``data:`` picture that is kept."""

GLOBAL = frozenset({"lang", "dir", "title"})
ATTRIBUTES = MappingProxyType(
    {
        "a": frozenset({"href", "hreflang", "type"}),
        "audio": frozenset({"src", "controls", "preload"}),
        "blockquote": frozenset({"cite"}),
        "col": frozenset({"span"}),
        "colgroup": frozenset({"span"}),
        "data": frozenset({"value"}),
        "del": frozenset({"cite", "datetime"}),
        "details": frozenset({"open"}),
        "img": frozenset({"src", "srcset", "sizes", "alt", "width", "height", "loading"}),
        "ins": frozenset({"cite", "datetime"}),
        "li": frozenset({"value"}),
        "meter": frozenset({"value", "min", "max", "low", "high", "optimum"}),
        "ol": frozenset({"start", "reversed", "type"}),
        "progress": frozenset({"value", "max"}),
        "q": frozenset({"cite"}),
        "source": frozenset({"src", "srcset", "sizes", "type", "media", "width", "height"}),
        "td": frozenset({"colspan", "rowspan", "headers", "align"}),
        "th": frozenset({"colspan", "rowspan", "headers", "scope", "align"}),
        "time": frozenset({"datetime"}),
        "track": frozenset({"src", "kind", "srclang", "label", "default"}),
        "video": frozenset({"src", "poster", "controls", "preload", "width", "height"}),
    }
)
BARE = frozenset(
    {
        *("abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "br", "caption", "center"),
        *("cite", "code", "dd", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "footer"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "i", "kbd", "main", "mark"),
        *("nav", "p", "picture", "pre", "rp", "rt", "ruby", "s", "samp", "section", "small", "span"),
        *("strike", "strong", "sub", "summary", "sup", "table", "tbody", "tfoot", "thead", "tr", "tt"),
        *("u", "ul", "var", "wbr"),
    }
)
ELEMENTS = frozenset(ATTRIBUTES) | BARE
LINKED = frozenset({"http", "https", "mailto", "tel", "xmpp", "geo", "magnet", "irc", "ircs", "sip", "news"})
CLEANER = nh3.Cleaner(
    tags=set(ELEMENTS),
    clean_content_tags=set(DROPPED),
    attributes={"*": set(GLOBAL), **{tag: set(names) for tag, names in ATTRIBUTES.items()}},
    strip_comments=True,
    link_rel="noopener noreferrer",
    url_schemes=LINKED | {"data"},
)
# Read as raw text, and as another language: without their tags, what they hold is HTML again.
UNWRAPPED = re.compile(
    r"</?(?:noscript|math|semantics|m(?:i|n|o|s|text|row|sup|sub|subsup|frac|sqrt|root|over|under|underover|table|"
    r"tr|td|style|space|padded|phantom|fenced|error|enclose|multiscripts|prescripts))(?=[\s/>])[^<>]*>",
    re.IGNORECASE,
)
# Of all tags the beginnings of their names, to see what a text may hold at all.
NAMES = re.compile(r"</?([a-z]+)")
WRAPPING = frozenset({"noscript", "math", "semantics"})
ENDLESS = ("iframe", "noembed", "noframes", "object", "applet", "script", "style", "textarea", "title")
PLUGINS = ("object", "applet")
MARKED = re.compile("[<>&\xa0]")
# Tags and addresses as nh3 writes them: within text every "<" is an entity, so this finds tags only.
ADDRESSED = re.compile(r'<(a|audio|blockquote|del|img|ins|q|source|track|video)((?: [a-z-]+="[^"]*")+)>')
ADDRESS = re.compile(r' (href|src|srcset|cite|poster)="([^"]*)"')
PICTURE = re.compile(r"data:image/(?:png|gif|jpe?g|webp);base64,[A-Za-z0-9+/=]+\Z", re.IGNORECASE)
OTHER_ADDRESS = re.compile(r"[!-~]+\Z")
CANDIDATE = re.compile(r"[\s,]*+([^\s,]\S*+)(?:\s++([0-9.]+[wxh](?:\s+[0-9.]+h)?))?\s*+(?:,|\Z|(?=\S))")

# Frames of these hosts hold a film or a sound that belongs to the text: the frame becomes a link to it.
PLAYERS = (
    *("youtube.com", "youtube-nocookie.com", "youtu.be", "vimeo.com", "dailymotion.com", "soundcloud.com"),
    *("spotify.com", "bandcamp.com", "archive.org", "ted.com", "podigee.com", "srf.ch", "ard.de", "arte.tv"),
)
PICTURE_TAG = re.compile(r"<img\b([^<>]*)>", re.IGNORECASE)
LAZY = re.compile(
    r"""[\s"'/]data-(?:lazy-src|src|original)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE
)
FRAME = re.compile(r"<iframe\b([^<>]*)>", re.IGNORECASE)
FRAME_SRC = re.compile(r"""[\s"'/]src\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)

PARAGRAPHS = frozenset(
    {
        *("p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "dl", "pre", "table", "figure"),
        *("section", "article"),
    }
)
LINES = frozenset(
    {
        *(
            "address",
            "aside",
            "br",
            "caption",
            "center",
            "dd",
            "details",
            "div",
            "dt",
            "figcaption",
            "footer",
        ),
        *(
            "form",
            "header",
            "hr",
            "li",
            "main",
            "nav",
            "option",
            "summary",
            "td",
            "th",
            "tr",
            "video",
            "audio",
        ),
    }
)
BREAKS = MappingProxyType(
    {
        f"{end}{name}": mark
        for mark, names in (("\n\n", PARAGRAPHS), ("\n", LINES))
        for name in names
        for end in ("", "/")
    }
)
"""What stands in plain text for a tag."""
TIDY_TAG = re.compile(r'<(/?[a-z][a-z0-9]*)(?: [a-z-]+="[^"]*+")*+ ?/?>')
END_TAG = re.compile(r"</([a-z][a-z0-9]*)\s*>", re.IGNORECASE)
KNOWN = frozenset(
    {
        *ELEMENTS,
        *DROPPED,
        "font",
        "form",
        "button",
        "noscript",
        "math",
        "option",
        "embed",
        "blink",
        "marquee",
        "frameset",
    }
)
"""Elements whose end shows that a text is HTML."""
# The last ones need an attribute: in a sentence about markup they stand without.
ALONE = re.compile(
    r"<(?:br|hr|img|wbr|p)(?=[\s/>])[^<>]*>|<(?:embed|frame|iframe|object|link|meta|input)\s[^<>]*=[^<>]*>",
    re.IGNORECASE,
)
REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")


def sanitize(html: str, base: str | None) -> str:
    """Make a stranger's fragment fit to be shown beside others.

    Args:
        html: A fragment, a whole page, or plain text with accidents in it. Read up to ``LIMIT`` characters.
        base: Absolute address that relative addresses are relative to; with None they are dropped.

    Returns:
        Well-formed HTML of allowed elements; addresses absolute, links with ``rel="noopener noreferrer"``.
        Empty if nothing passes. Sanitizing it again changes nothing.
    """
    text = clean(html if len(html) <= LIMIT else html[:LIMIT].rpartition("<")[0]).strip()
    if not MARKED.search(text):
        return text
    text = _prepared(text)
    # One pass can give markup that a parser reads in another way (nested links, tables in paragraphs): there
    # "mutation" attacks live. So until nothing moves; three passes do for all that is not built against it.
    for _ in range(4):
        before, text = text, clean(CLEANER.clean(flatten(text, ELEMENTS))).strip()
        if text == before:
            return ADDRESSED.sub(lambda tag: _absolute(tag, base), text)
    return from_text(plain(text))


def _prepared(text: str) -> str:
    """Make of what a browser would show later, or elsewhere, what can be shown as it is."""
    low = text.lower()
    names = frozenset(NAMES.findall(low))
    if not names.isdisjoint(WRAPPING) or any(name[0] == "m" for name in names):
        text = UNWRAPPED.sub("", text)
    if not names.isdisjoint(ENDLESS):
        text = _closed(text)
    if "iframe" in names:
        text = FRAME.sub(_player, text)
    # Only pictures with such an attribute wait for a script.
    return PICTURE_TAG.sub(_eager, text) if "img" in names and "data-" in low else text


def _closed(text: str) -> str:
    """Mend what would take with it all that follows: in XHTML a frame may be closed at once, in HTML never.

    The same goes for plug-ins that never end: their tags go.
    """
    low = text.lower()
    for name in ENDLESS:
        if f"<{name}" not in low or f"</{name}" in low:
            continue
        text = re.sub(rf"<({name})((?:\s[^<>]*)?)/>", r"<\1\2></\1>", text, flags=re.IGNORECASE)
        if name in PLUGINS:
            text = re.sub(rf"<{name}(?=[\s>])[^<>]*+(?<!/)>(?!</{name})", "", text, flags=re.IGNORECASE)
    return text


def _absolute(tag: re.Match[str], base: str | None) -> str:
    """Check and complete the addresses of one tag, as nh3 has written it."""

    def attribute(match: re.Match[str]) -> str:
        name, value = match[1], match[2]
        if name != "srcset" and "&" not in value and is_plain(value):
            return match[0]
        value = entities.unescape(value)
        address = _srcset(value, base) if name == "srcset" else _address(tag[1], name, value, base)
        return "" if address is None else f' {name}="{_quoted(address)}"'

    return f"<{tag[1]}{ADDRESS.sub(attribute, tag[2])}>"


def _quoted(value: str) -> str:
    """Write an attribute's value as nh3 writes it."""
    return value.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def _address(tag: str, name: str, value: str, base: str | None) -> str | None:
    if is_plain(value):
        return value
    scheme = scheme_of(value)
    if scheme in (None, "http", "https"):
        return web_url(value, base)
    address = "".join(value.split())
    if tag == "img" and name == "src" and scheme == "data":
        return address if len(address) <= PICTURE_LIMIT and PICTURE.match(address) else None
    passes = tag == "a" and scheme in LINKED and len(address) < 2048 and OTHER_ADDRESS.match(address)
    return address if passes else None


def _srcset(value: str, base: str | None) -> str | None:
    """Keep the candidates of a ``srcset`` that are web addresses (WHATWG HTML, 4.8.4.2.2)."""
    kept = []
    for match in islice(CANDIDATE.finditer(value[:PICTURE_LIMIT]), 20):
        url = web_url(match[1].rstrip(","), base) if scheme_of(match[1]) in (None, "http", "https") else None
        if url and "," not in url:
            kept.append(f"{url} {match[2]}" if match[2] else url)
    return ", ".join(kept) or None


def _eager(picture: re.Match[str]) -> str:
    """Give a picture that a script would load later the address it is waiting for."""
    later = LAZY.search(picture[1])
    now = FRAME_SRC.search(picture[1]) if later else None
    shown = (next(filter(None, now.groups()), "") if now else "").strip().lower()
    if later is None or not (shown == "" or shown.startswith("data:")):
        return picture[0]
    address = entities.unescape(next((group for group in later.groups() if group), ""))
    # In front: of two attributes with one name, the first counts (WHATWG HTML, 13.2.5.33).
    return f'<img src="{_quoted(address)}" {picture[1]}>'


def _player(frame: re.Match[str]) -> str:
    match = FRAME_SRC.search(frame[1])
    raw = next((group for group in match.groups() if group), "") if match else ""
    url = web_url(entities.unescape(raw), "https://players.invalid/")
    if url is None:
        return frame[0]
    host = url.split("/")[2].partition(":")[0]
    if not any(host == player or host.endswith("." + player) for player in PLAYERS):
        return frame[0]
    shown = escape(url.partition("?")[0].partition("//")[2])
    return f'<a href="{_quoted(url)}">{shown}</a>{frame[0]}'


def plain(html: str) -> str:
    r"""Read a fragment as text: paragraphs parted by an empty line, other blocks by a line break.

    Entities are decoded, what is not shown (scripts, comments) is left out. Linear in time for any input.

    >>> plain("<p>a &amp; b</p><p>c<br>d</p>")
    'a & b\n\nc\nd'
    """
    text = spoken(html)
    lines = "\n".join([" ".join(line.split()) for line in text.split("\n")])
    return (re.sub(r"\n{3,}", "\n\n", lines) if "\n\n\n" in lines else lines).strip()


def spoken(html: str) -> str:
    """Read a fragment as the words of ``plain``, with other white space between them."""
    text = _words(html) if "<" in html else html
    return clean(entities.unescape(text) if "&" in text else text)


def _words(html: str) -> str:
    """Put line breaks in the place of blocks, and nothing in the place of other tags."""
    stretches = TIDY_TAG.split(html)
    if DROPPED.isdisjoint(stretches[1::2]) and not any("<" in text for text in stretches[::2]):
        # What nh3 wrote: five times faster than reading tags as a browser does.
        names = stretches[1::2]
        stretches[1::2] = [BREAKS.get(name, "") for name in names]
        if "pre" not in names and "/pre" not in names:
            stretches[::2] = [text.replace("\n", " ") for text in stretches[::2]]
            return "".join(stretches)
        kept = False
        for place, name in enumerate(names):
            if not kept:
                stretches[2 * place] = stretches[2 * place].replace("\n", " ")
            kept = name == "pre" or (kept and name != "/pre")
        stretches[-1] = stretches[-1] if kept else stretches[-1].replace("\n", " ")
        return "".join(stretches)
    pieces: list[str] = []
    kept = False
    for token in tokens(clean(html)):
        if isinstance(token, str):
            pieces.append(token if kept else token.replace("\n", " "))
            continue
        if token.name == "pre":
            kept = not token.end
        pieces.append(BREAKS.get(token.name, ""))
    return "".join(pieces)


def looks_like_html(text: str) -> bool:
    """Guess whether a text that does not say so carries markup.

    It does if it closes a known element, holds one that needs no end, or a character reference: a title
    "How to use <b>" is about markup, it is none.

    >>> looks_like_html("1 < 2 & 3"), looks_like_html("a <b>b</b>"), looks_like_html("AT&amp;T")
    (False, True, True)
    """
    if "&" in text and REFERENCE.search(text) is not None:
        return True
    if "<" not in text:
        return False
    return ALONE.search(text) is not None or any(
        match[1].lower() in KNOWN for match in END_TAG.finditer(text)
    )


def from_text(text: str) -> str:
    r"""Write plain text as HTML: empty lines part paragraphs, line breaks stay.

    >>> from_text("a < b\nc\n\nd")
    '<p>a &lt; b<br>c</p><p>d</p>'
    """
    paragraphs = (part.strip() for part in re.split(r"\n[ \t]*\n\s*", clean(text)))
    return "".join(
        f"<p>{'<br>'.join(escape(line.strip()) for line in part.splitlines())}</p>"
        for part in paragraphs
        if visible(part)
    )


def escape(text: str) -> str:
    """Write text so that HTML shows it literally. For element content, not for attributes.

    >>> escape("a < b & c")
    'a &lt; b &amp; c'
    """
    escaped = clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("\xa0", "&nbsp;")
