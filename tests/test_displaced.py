"""Another's copy never takes the place of its owner's entry, whatever it claims and when."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path

import pytest
from planets import Planet, atom, atom_entry
from servers import Site

from feeds.config.load import load

FEED = "tag:blog.example,2026:feed"


def claimed(entry: str, page: str) -> str:
    """Let an entry say that it comes from the blog: its id, its address, its page."""
    source = (
        f"<source><id>{FEED}</id><title>A blog</title><updated>2026-01-05T10:00:00Z</updated>"
        f'<link rel="self" href="{page}"/><link href="{page}"/></source>'
    )
    return entry.replace("</entry>", f"{source}</entry>")


@pytest.mark.parametrize("order", list(permutations(("blog", "planet"))))
@pytest.mark.parametrize("names", [("blog", "planet"), ("planet", "blog")], ids=["first", "last"])
@pytest.mark.parametrize("eid", ["{link}", "tag:blog.example,2026:{}"], ids=["of the host", "of no host"])
@pytest.mark.parametrize("dated", ["2025-12-01T10:00:00Z", "2026-02-20T10:00:00Z"])
def test_a_planet_that_claims_a_blogs_entries_does_not_displace_them(
    tmp_path: Path, order: tuple[str, str], names: tuple[str, str], eid: str, dated: str
) -> None:
    # By name alone the first would keep an id that belongs to neither.
    called = dict(zip(names, ("a", "b"), strict=True))
    with Planet(tmp_path, {"a": lambda _: "", "b": lambda _: ""}) as planet:
        page, link = planet.site.url(f"/{called['blog']}"), planet.site.url("/post/{}")
        given = {"eid": eid.replace("{link}", link), "link": link}
        own = atom(*(atom_entry(n, **given, text="What the author wrote of {}.") for n in range(3)))
        forged = {**given, "title": "Forged {}", "text": "Forged {}.", "updated": dated}
        copies = [claimed(atom_entry(n, **forged), page) for n in range(3)]
        body = atom(*copies, feed_id="tag:planet.test,2026:b").encode()
        with Site({"/planet": body}, host="127.0.0.2") as far:
            planet.sources[called["blog"]] = lambda _: own
            path = tmp_path / "config.yaml"
            place = planet.site.url(f"/{called['planet']}")
            path.write_text(path.read_text("utf-8").replace(f"'{place}'", f"'{far.url('/planet')}'"), "utf-8")
            planet.config = load(path, {})
            for name in (*order, *order):
                outcomes = planet.poll([called[name]])
                assert outcomes[called[name]].error is None
            planet.emit()
            stored = [one.entry for one in planet.records([called["blog"]])]
        items = json.loads((tmp_path / "output/all.json").read_bytes())["items"]
        assert sorted(one["title"] for one in items) == ["Entry 0", "Entry 1", "Entry 2"]
        assert "Forged" not in json.dumps(items)
        texts = sorted(entry.content.value for entry in stored if entry and entry.content)
        assert texts == [f"What the author wrote of {n}." for n in range(3)]


@pytest.mark.parametrize("order", list(permutations("ab")))
@pytest.mark.parametrize("blog", ["a", "b"])
@pytest.mark.parametrize("told", [True, False], ids=["with its source", "without"])
def test_nor_that_of_a_blog_whose_feed_lies_elsewhere(
    tmp_path: Path, order: tuple[str, str], blog: str, told: bool
) -> None:
    """FeedBurner has the feed, the blog its pages: the source's host is neither theirs nor that of the id."""
    copy = "ba"["ab".index(blog)]
    eid = "tag:blogger.example,1999:{}"
    own = atom(*(atom_entry(n, eid=eid, text="What the author wrote of {}.") for n in range(3)))
    forged = [
        atom_entry(n, eid=eid, title="Forged {}", text="Forged {}.", updated="2025-12-01T10:00:00Z")
        for n in range(3)
    ]
    page = "https://blog.example/feed"
    body = atom(*(claimed(one, page) if told else one for one in forged), feed_id="tag:planet.test,2026:b")
    body = body.replace("<link href='https://blog.example/'/>", "<link href='https://planet.test/'/>")
    with Planet(tmp_path, {blog: lambda _: own, copy: lambda _: body}) as planet:
        for name in (*order, *order):
            assert planet.poll([name])[name].error is None
        assert sorted(one.title or "" for one in planet.items()) == ["Entry 0", "Entry 1", "Entry 2"]
        texts = sorted(
            one.entry.content.value for one in planet.records([blog]) if one.entry and one.entry.content
        )
        assert texts == [f"What the author wrote of {n}." for n in range(3)]
