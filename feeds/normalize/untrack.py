"""Take out of sanitized HTML what watches the reader: tracking parameters of its addresses, and pixels. Pure.

It works on the text, not on a tree, because everything else has to stay byte for byte. That is safe for what
``html.sanitize`` gives, and only for that: there ``<`` stands for nothing but the start of a tag, and every
attribute value is in double quotes. In other HTML a tag that is written otherwise is left alone.
"""

from __future__ import annotations

import re
from html import unescape

from feeds.normalize.urls import untrack

TAG = re.compile(r'<[a-z][a-z0-9]*+(?:[^<>"]*+"[^"]*+")++[^<>"]*+>')
ADDRESS = re.compile(r'(?<=\s)(href|src|srcset|poster|cite|data-src)="([^"]*[?#][^"]*)"')
CANDIDATE = re.compile(r"(\S+?)(,*)(?=\s|\Z)")
PICTURE = re.compile(
    r'(?P<before><a\s(?:[^<>"]*+"[^"]*+")++[^<>"]*+>\s*)?'
    r'(?P<img><img\s(?:[^<>"]*+"[^"]*+")++[^<>"]*+>)'
    r"(?P<after>\s*</a>)?"
)
SRC = re.compile(r'\ssrc="([^"]*)"')
SIZE = re.compile(r'\s(width|height)="\s*([0-9.]+)(?:px)?\s*"')

# Pictures that only count who looks. Each line: whose they are.
PIXEL = re.compile(
    r"https?://(?:"
    r"(?:[a-z0-9-]+\.)*met\.vgwort\.de/"  # VG Wort, Germany
    r"|(?:[a-z0-9-]+\.)*(?:ivwbox\.de|ioam\.de|wemfbox\.ch|oewabox\.at|xiti\.com)/"  # audience measurement
    r"|feeds\.feedburner\.com/~(?:r|ff|a|f)/"  # FeedBurner
    r"|(?:[a-z0-9-]+\.)*feedsportal\.com/"
    r"|(?:tracking|track)\.feedpress\.(?:it|com|me)/"
    r"|feeds\.feedblitz\.com/-/|(?:assets|p)\.feedblitz\.com/(?:t|i)"
    r"|(?:pixel|stats)\.wp\.com/|(?:feeds|stats)\.wordpress\.com/(?:1\.0/|b\.gif)"  # WordPress
    r"|(?:www\.|blogger\.)?(?:googleusercontent\.com/tracker/|blogger\.com/tracker/)"  # Blogger
    r"|medium\.com/_/stat"
    r"|counter\.theconversation\.(?:com|edu\.au)/"
    r"|eotrx\.substackcdn\.com/"
    r"|[a-z0-9-]+\.list-manage[0-9]*\.com/track/"  # Mailchimp
    r"|(?:www\.|ssl\.)?google-analytics\.com/"
    r"|(?:[a-z0-9-]+\.)*doubleclick\.net/"
    r"|(?:[a-z0-9-]+\.)*(?:scorecardresearch|quantserve|statcounter|imrworldwide|chartbeat)\.(?:com|net)/"
    r"|(?:www\.)?facebook\.com/tr[/?]"
    r"|(?:analytics\.twitter\.com|t\.co/i/adsct|px\.ads\.linkedin\.com|ct\.pinterest\.com)"
    r"|[^/?#]+/(?:[^?#]*/)?(?:matomo|piwik)\.php"  # Matomo, on whatever host
    r"|[a-z0-9-]+\.goatcounter\.com/count"
    r"|(?:[a-z0-9-]+\.)*rss\.buysellads\.com/"
    r")",
    re.IGNORECASE,
)


def untrack_html(html: str) -> str:
    """Give the HTML without tracking parameters in its addresses and without tracking pixels.

    A link that held nothing but a pixel goes with it. HTML without any of this comes back as it was.

    Args:
        html: As ``html.sanitize`` gives it.

    >>> untrack_html('<p><a href="https://a.example/?id=1&amp;utm_source=rss">x</a></p>')
    '<p><a href="https://a.example/?id=1">x</a></p>'
    """
    if "<img" in html:
        html = PICTURE.sub(_picture, html).strip()
    if "?" in html or "#" in html:
        html = TAG.sub(_tag, html)
    return html


def is_pixel(src: str, sizes: tuple[float, ...]) -> bool:
    """Say whether a picture is there to watch: width and height of at most 1, or a host that only counts."""
    return (len(sizes) == 2 and max(sizes) <= 1) or PIXEL.match(src) is not None


def _picture(match: re.Match[str]) -> str:
    src = SRC.search(match["img"])
    sizes = {size[1]: _number(size[2]) for size in SIZE.finditer(match["img"])}
    if not is_pixel(unescape(src[1]) if src else "", tuple(sizes.values())):
        return match[0]
    before, after = match["before"] or "", match["after"] or ""
    return "" if before and after else before + after


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:  # "1.2.3"
        return float("inf")


def _tag(match: re.Match[str]) -> str:
    return ADDRESS.sub(_address, match[0])


def _address(match: re.Match[str]) -> str:
    value = unescape(match[2])
    if match[1] == "srcset":
        clean = CANDIDATE.sub(lambda candidate: untrack(candidate[1]) + candidate[2], value)
    else:
        clean = untrack(value)
    return match[0] if clean == value else f'{match[1]}="{_quoted(clean)}"'


def _quoted(value: str) -> str:
    """Escape an attribute value as HTML is serialized (WHATWG HTML, 13.3)."""
    for character, reference in (
        ("&", "&amp;"),
        ("\xa0", "&nbsp;"),
        ('"', "&quot;"),
        ("<", "&lt;"),
        (">", "&gt;"),
    ):
        value = value.replace(character, reference)
    return value
