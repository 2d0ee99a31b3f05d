"""``full_text``: the text of a new entry is taken from its page, once; what if it cannot be had."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
from commands import feeds, planet
from servers import Reply, Site
from test_pipeline import NOW, configure, emit, files, item, poll, rss

from feeds.config.full_text import full_text
from feeds.model import Document, Entry, Withdrawal
from feeds.pipeline import Result
from feeds.pipeline.full_texts import AT_ONCE, WAITS
from feeds.pipeline.sparing import sampled
from feeds.store import Store, open_store

HOUR = timedelta(hours=1)
WORDS = "It snowed in the valley, and on the summit, and everybody was out with a shovel in the morning. "


def html(text: str = WORDS * 5, more: str = "") -> bytes:
    return (
        "<!doctype html><html><head><title>A page</title></head><body><nav><a href='/'>Home</a></nav>"
        f"<article><h1>Snow</h1><p>{text}</p><p onclick='x()'>And <a href='more'>more</a>: {WORDS}"
        f"<script>alert(1)</script></p>{more}</article><footer>Impressum</footer></body></html>"
    ).encode()


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("sqlite:///feeds.db", tmp_path)
    yield opened
    opened.close()


def blog(site: Site, wanted: str = "{select: article}", more: str = "") -> str:
    return f"sources: [{{name: a, url: '{site.url('/a')}', full_text: {wanted}{more}}}]\n"


def post(site: Site, key: str, text: str = "Short.", day: int = 1) -> str:
    return item(key, link=site.url(f"/{key}"), text=text, day=day)


def remembered(store: Store) -> dict[str, Entry]:
    return {one.native_id or "": one.entry for one in store.newest(["a"]) if one.entry}


def content(store: Store, key: str) -> str:
    found = remembered(store)[key].content
    return found.value if found else ""


def asked(site: Site) -> list[str]:
    paths = [one.path for one in site.log if one.path != "/robots.txt"]
    site.log.clear()
    return paths


def reason(store: Store, key: str) -> str:
    return next((one.reason for one in remembered(store)[key].decisions if one.topic == "full text"), "")


def test_the_text_of_a_new_entry_is_that_of_its_page(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes.update({"/a": rss(post(site, "1")), "/1": html()})
    config = configure(tmp_path, blog(site))
    assert poll(config, store)["a"].new == 1
    assert asked(site) == ["/a", "/1"]
    found = remembered(store)["1"]
    assert found.summary is not None
    assert found.summary.value == "Short."
    text = content(store, "1")
    assert f'<a href="{site.url("/more")}"' in text, "links are absolute"
    assert WORDS.strip() in text
    assert not any(word in text for word in ("script", "onclick", "Impressum", "Home"))
    assert reason(store, "1") == "it is from the entry's page at 127.0.0.1, found by article"


def test_the_second_run_asks_for_no_page_and_changes_nothing(
    site: Site, store: Store, tmp_path: Path
) -> None:
    site.routes.update({"/a": rss(post(site, "1")), "/1": html(), "/2": html()})
    config = configure(tmp_path, blog(site))
    poll(config, store)
    emit(config, store)
    before, entries = files(tmp_path), remembered(store)
    asked(site)
    assert poll(config, store, now=NOW + HOUR)["a"].result is Result.NOT_MODIFIED
    emit(config, store, now=NOW + HOUR)
    assert (files(tmp_path), asked(site)) == (before, ["/a"])

    site.routes["/a"] = rss(post(site, "1"), post(site, "2"))
    outcome = poll(config, store, now=NOW + 2 * HOUR)["a"]
    assert (outcome.new, outcome.changed, asked(site)) == (1, 0, ["/a", "/2"])
    assert remembered(store)["1"] == entries["1"], "read anew from the feed, it keeps its text"


def test_a_changed_entry_is_asked_for_again(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes.update({"/a": rss(post(site, "1")), "/1": html()})
    config = configure(tmp_path, blog(site))
    poll(config, store)
    site.routes.update({"/a": rss(post(site, "1", "Other words.")), "/1": html("Rewritten. " * 50)})
    asked(site)
    assert poll(config, store, now=NOW + HOUR)["a"].changed == 1
    assert asked(site) == ["/a", "/1"]
    assert "Rewritten." in content(store, "1")


def test_what_cannot_be_had_is_tried_a_few_times_and_nothing_is_lost(
    site: Site, store: Store, tmp_path: Path
) -> None:
    site.routes.update({"/a": rss(post(site, "1")), "/1": Reply(status=500)})
    config = configure(tmp_path, blog(site))
    assert poll(config, store)["a"].new == 1
    found = remembered(store)["1"]
    assert found.content is None or found.content.value == "Short."
    assert "it is the source's own: http://127.0.0.1" in reason(store, "1")
    asked(site)
    tried = NOW
    for wait in WAITS:
        poll(config, store, now=tried + wait / 2)
        assert asked(site) == ["/a"], "not before its time"
        tried += wait + timedelta(minutes=1)
        poll(config, store, now=tried)
        assert asked(site) == ["/a", "/1"]
    poll(config, store, now=tried + timedelta(days=30))
    assert asked(site) == ["/a"], "no more"


def test_what_was_had_later_takes_its_place_without_a_new_document(
    site: Site, store: Store, tmp_path: Path
) -> None:
    undated = post(site, "1").partition("<pubDate>")[0] + "</item>"
    site.routes.update({"/a": rss(undated, post(site, "2")), "/1": Reply(status=500), "/2": html()})
    config = configure(tmp_path, blog(site))
    poll(config, store)
    before = remembered(store)
    site.routes["/1"] = html()
    later = NOW + WAITS[0] + timedelta(minutes=1)
    outcome = poll(config, store, now=later)["a"]
    assert (outcome.new, outcome.changed, outcome.result) == (0, 1, Result.NEW)
    assert WORDS.strip() in content(store, "1")
    after = remembered(store)
    assert (after["1"].id, after["1"].published, after["2"]) == (
        before["1"].id,
        before["1"].published,
        before["2"],
    )
    topics = [one.topic for one in after["1"].decisions]
    assert len(topics) == len(set(topics)), "nothing is said twice"
    asked(site)
    assert poll(config, store, now=later + HOUR)["a"].result is Result.NOT_MODIFIED
    assert asked(site) == ["/a"]


def test_so_many_are_asked_for_at_once_the_newest_first(site: Site, store: Store, tmp_path: Path) -> None:
    posts = [post(site, f"p{day}", day=day) for day in range(1, AT_ONCE + 4)]
    site.routes.update({f"/p{day}": html() for day in range(1, AT_ONCE + 4)})
    site.routes.update({"/a": rss(*posts), "/q": html()})
    config = configure(tmp_path, blog(site))
    assert poll(config, store)["a"].new == AT_ONCE + 3
    assert asked(site) == ["/a", *(f"/p{day}" for day in range(AT_ONCE + 3, 3, -1))]
    poll(config, store, now=NOW + HOUR)
    assert asked(site) == ["/a"], "of the first document the rest is old"
    site.routes.update({f"/r{day}": html() for day in range(1, AT_ONCE + 4)})
    site.routes["/a"] = rss(*posts, *(post(site, f"r{day}", day=day) for day in range(1, AT_ONCE + 4)))
    poll(config, store, now=NOW + 2 * HOUR)
    assert len(asked(site)) == 1 + AT_ONCE
    poll(config, store, now=NOW + 3 * HOUR)
    assert asked(site) == ["/a", "/r1", "/r2", "/r3"], "later ones wait for the next poll"
    assert WORDS.strip() in content(store, "r1")


def test_a_host_that_fails_is_not_asked_for_all_pages(site: Site, store: Store, tmp_path: Path) -> None:
    posts = [post(site, f"p{day}", day=day) for day in range(1, 9)]
    site.routes.update({f"/p{day}": Reply(status=500) for day in range(1, 9)})
    site.routes["/a"] = rss(*posts)
    config = configure(tmp_path, blog(site))
    assert poll(config, store)["a"].new == 8
    assert asked(site) == ["/a", "/p8", "/p7", "/p6"]
    site.routes.update({f"/p{day}": html() for day in range(1, 9)})
    assert poll(config, store, now=NOW + WAITS[0] + timedelta(minutes=1))["a"].changed == 8


def test_a_withdrawn_entry_is_not_asked_for_again(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes.update({"/a": rss(post(site, "1")), "/1": Reply(status=500)})
    config = configure(tmp_path, blog(site))
    poll(config, store)
    record = store.find(site.url("/1"))[0]
    store.withdraw([(Withdrawal(id=record.id, source="", when=NOW), record)])
    site.routes["/1"] = html()
    asked(site)
    later = NOW + timedelta(days=2)
    poll(config, store, now=later)
    assert asked(site) == ["/a"]
    assert store.texts_due("a", later, 9) == ()


def test_a_document_of_which_most_is_known_is_read_whole(site: Site, store: Store, tmp_path: Path) -> None:
    """Read in part and whole, it would say different things of an entry that has its full text."""
    site.routes.update({"/a": rss(post(site, "1")), "/1": html(), "/2": html()})
    config = configure(tmp_path, blog(site))
    poll(config, store)
    both = (post(site, "1"), post(site, "2"))
    bodies = (rss(*both, "<!-- " + "x" * number + " -->") for number in range(10_000))
    site.routes["/a"] = next(
        body for body in bodies if sampled(Document(url=site.url("/a"), body=body), config.sources[0])
    )
    outcome = poll(config, store, now=NOW + HOUR)["a"]
    assert (outcome.new, outcome.changed, outcome.surprise) == (1, 0, None)


def test_entries_from_before_are_not_asked_for(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes.update({"/a": rss(post(site, "1")), "/1": html(), "/2": html()})
    poll(configure(tmp_path, blog(site, "false")), store)
    site.routes["/a"] = rss(post(site, "1"), post(site, "2"))
    asked(site)
    poll(configure(tmp_path, blog(site)), store, now=NOW + HOUR)
    assert asked(site) == ["/a", "/2"]


def test_robots_txt_holds_for_texts(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes.update(
        {"/a": rss(post(site, "1")), "/1": html(), "/robots.txt": b"User-agent: feeds\nDisallow: /1"}
    )
    assert poll(configure(tmp_path, blog(site)), store)["a"].new == 1
    assert asked(site) == ["/a"]
    assert "asks programs not to fetch" in reason(store, "1")


def test_no_page_leads_inward_and_no_other_site_gets_a_secret(
    site: Site, store: Store, tmp_path: Path
) -> None:
    with Site({"/1": html()}, host="127.0.0.2") as other:
        posts = rss(
            item("1", link=other.url("/1"), text="Short."),
            item("2", link="http://10.0.0.1/", text="Short."),
            post(site, "3"),
        )
        site.routes.update({"/a": posts, "/3": html()})
        config = configure(tmp_path, blog(site, more=", fetch: {token: secret-token}"))
        assert poll(config, store)["a"].new == 3
        assert all("authorization" not in one.headers for one in other.log)
        assert all("authorization" in one.headers for one in site.log)
    assert "10.0.0.1" in reason(store, "2")


def test_a_page_that_is_a_bomb_costs_only_its_text(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes.update({"/a": rss(post(site, "1"), post(site, "2")), "/1": b"<div>" * 200_000, "/2": html()})
    config = configure(tmp_path, "read: {cpu: 1s}\n" + blog(site))
    assert poll(config, store)["a"].new == 2
    assert "takes more than 1 seconds" in reason(store, "1")
    assert WORDS.strip() in content(store, "2")


def test_a_selector_that_matches_nothing_is_told(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes.update({"/a": rss(post(site, "1")), "/1": html()})
    poll(configure(tmp_path, blog(site, "{select: main.text}")), store)
    assert "main.text matches no text in it" in reason(store, "1")


@pytest.mark.skipif(find_spec("trafilatura") is None, reason="the extra fulltext is not installed")
def test_the_main_text_is_found_by_itself(site: Site, store: Store, tmp_path: Path) -> None:
    own = "<p>" + WORDS * 30 + "</p>"
    posts = rss(post(site, "1"), post(site, "2", text=f"<![CDATA[{own}]]>"))
    site.routes.update({"/a": posts, "/1": html(), "/2": html()})
    poll(configure(tmp_path, "read: {cpu: 60s}\n" + blog(site, "true")), store)
    text = content(store, "1")
    assert WORDS.strip() in text
    assert not any(word in text for word in ("script", "onclick", "Impressum", "Home"))
    assert reason(store, "1") == "it is from the entry's page at 127.0.0.1, found as its main text"
    assert "what its page holds is shorter" in reason(store, "2")


def test_a_library_that_breaks_over_a_page_keeps_no_entry_back(
    site: Site, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "trafilatura.py").write_text("raise RuntimeError('half of it is not installed')")
    monkeypatch.syspath_prepend(str(broken))
    site.routes.update({"/a": rss(post(site, "1")), "/1": html()})
    outcome = poll(configure(tmp_path, blog(site, "true")), store)["a"]
    assert (outcome.new, outcome.error, content(store, "1")) == (1, None, "")
    assert "RuntimeError" in reason(store, "1")
    assert "half of it is not installed" in "".join(getattr(outcome.surprise, "__notes__", ()))


def test_without_the_extra_a_mistake_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.config.full_text.find_spec", lambda _: None)
    with pytest.raises(Exception, match="selector of the text") as caught:
        full_text(value=True)
    assert "pip install 'feeds[fulltext]'" in str(getattr(caught.value, "context", ""))


def test_explain_says_where_a_text_is_from(site: Site, tmp_path: Path) -> None:
    site.routes.update({"/a": rss(post(site, "1")), "/1": html()})
    planet(tmp_path, f"fetch: {{allow: [127.0.0.1]}}\n{blog(site)}")
    assert feeds(tmp_path, "once").returncode == 0
    assert "full text: it is from the entry's page" in feeds(tmp_path, "explain", "1").stdout
