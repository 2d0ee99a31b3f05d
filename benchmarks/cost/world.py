"""Generated sources: documents in RSS and Atom with realistic HTML, the same for the same numbers."""

from __future__ import annotations

import html
import random
from datetime import UTC, datetime, timedelta
from functools import lru_cache

TEXT = """
the of and to in a is that for it as was with be by on not he his but at are this have from or had an they
which one you were her all she there would their we him been has when who will more no if out so said what
up its about into than them can only other new some could time these two may then do first any my now such
like our over man me even most made after also did many before must through back years where much your way
well down should because each just those people how too little state good very make world still own see
men work long get here between both life being under never day same another know while last might us great
old year off come since against go came right used take three café naïve résumé Zürich данные разработка
"""
WORDS = TEXT.split()
BEGIN = datetime(2025, 1, 1, 12, tzinfo=UTC)
STEP = timedelta(hours=3)
"""Between two entries of a source."""
FAMILIES = 24
"""Sources with the same texts, but of sites of their own: there are more sources than texts."""
KINDS = ("rss", "atom")


def document(kind: str, entries: int, site: int, new: int) -> bytes:
    """Write what a source says: its newest entries, newest first, after ``new`` of them have come."""
    family = site % FAMILIES
    return _document(kind, entries, family, new).replace(b"//siteX.", b"//site%d." % site)


@lru_cache(maxsize=512)
def _document(kind: str, entries: int, family: int, new: int) -> bytes:
    shown = range(entries + new - 1, new - 1, -1)
    head, end = HEADS[kind]
    changed = BEGIN + STEP * (entries + new)
    filled = head.format(
        family=family, iso=changed.isoformat(), rfc=changed.strftime("%a, %d %b %Y %H:%M:%S +0000")
    )
    return (filled + "".join(_entry(kind, family, number) for number in shown) + end).encode()


@lru_cache(maxsize=100_000)
def _entry(kind: str, family: int, number: int) -> str:
    dice = random.Random(f"{family}-{number}")
    body = _body(dice)
    moment = BEGIN + STEP * number
    title, summary = html.escape(_sentence(dice)[:80]), html.escape(f"{_sentence(dice)} {_sentence(dice)}")
    page = f"https://siteX.example.com/posts/{number}-{dice.getrandbits(32):x}"
    labels = [dice.choice(WORDS) for _ in range(dice.randint(0, 4))]
    author = f"Author {dice.randint(1, 5)}"
    if kind == "rss":
        categories = "".join(f"   <category><![CDATA[{label}]]></category>\n" for label in labels)
        return (
            f"  <item>\n   <title>{title}</title>\n   <link>{page}</link>\n"
            f"   <dc:creator><![CDATA[{author}]]></dc:creator>\n"
            f"   <pubDate>{moment:%a, %d %b %Y %H:%M:%S +0000}</pubDate>\n{categories}"
            f'   <guid isPermaLink="false">{page}</guid>\n'
            f"   <description><![CDATA[{summary}]]></description>\n"
            f"   <content:encoded><![CDATA[{body}]]></content:encoded>\n  </item>\n"
        )
    categories = "".join(f'  <category term="{label}"/>\n' for label in labels)
    return (
        f' <entry>\n  <title>{title}</title>\n  <link rel="alternate" type="text/html" href="{page}"/>\n'
        f"  <id>{page}</id>\n  <published>{moment.isoformat()}</published>\n"
        f"  <updated>{moment.isoformat()}</updated>\n  <author><name>{author}</name></author>\n{categories}"
        f'  <summary type="text">{summary}</summary>\n'
        f'  <content type="html">{html.escape(body, quote=False)}</content>\n </entry>\n'
    )


HEADS = {
    "rss": (
        (
            '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"'
            ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
            ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom">\n'
            " <channel>\n"
            "  <title>Site {family}</title>\n"
            '  <atom:link href="https://siteX.example.com/feed" rel="self" type="application/rss+xml"/>\n'
            "  <link>https://siteX.example.com/</link>\n  <description>Generated &amp; real</description>\n"
            "  <lastBuildDate>{rfc}</lastBuildDate>\n  <language>en</language>\n"
        ),
        " </channel>\n</rss>\n",
    ),
    "atom": (
        (
            '<?xml version="1.0" encoding="utf-8"?>\n'
            '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">\n'
            " <title>Site {family}</title>\n"
            ' <link href="https://siteX.example.com/feed" rel="self"/>\n'
            ' <link href="https://siteX.example.com/"/>\n <updated>{iso}</updated>\n'
            " <id>https://siteX.example.com/</id>\n <author><name>Owner</name></author>\n"
        ),
        "</feed>\n",
    ),
}


def _sentence(dice: random.Random) -> str:
    return " ".join(dice.choice(WORDS) for _ in range(dice.randint(6, 18))).capitalize() + "."


def _paragraph(dice: random.Random) -> str:
    text = " ".join(_sentence(dice) for _ in range(dice.randint(2, 5)))
    if dice.random() < 0.5:
        address = f"https://example.org/{dice.getrandbits(32):x}?a=1&amp;b=2"
        text += f' <a href="{address}" rel="nofollow">{_sentence(dice)}</a>'
    if dice.random() < 0.15:
        text += f" <em>{_sentence(dice)}</em> &mdash; <strong>{_sentence(dice)}</strong>"
    return f"<p>{text}</p>"


def _body(dice: random.Random) -> str:
    return "\n".join(_block(dice) for _ in range(dice.randint(2, 9)))


def _block(dice: random.Random) -> str:
    kind = dice.random()
    if kind < 0.72:
        return _paragraph(dice)
    if kind < 0.82:
        return (
            f'<figure><img src="/img/{dice.getrandbits(24):x}.jpg" alt="{_sentence(dice)}" width="640"'
            f' height="480" loading="lazy" style="max-width:100%"/><figcaption>{_sentence(dice)}</figcaption>'
            "</figure>"
        )
    if kind < 0.9:
        return f"<ul>{''.join(f'<li>{_sentence(dice)}</li>' for _ in range(4))}</ul>"
    if kind < 0.95:
        return (
            f'<pre><code class="language-py">def f(x):\n    return x &lt; {dice.randint(1, 9)}\n</code></pre>'
        )
    return f"<blockquote>{_paragraph(dice)}</blockquote><h2>{_sentence(dice)}</h2>"
