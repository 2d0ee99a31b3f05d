"""Polls and outputs end to end: real sockets, a real store, real files."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import feedparser
import pytest
from servers import Reply, Site

from feeds import __version__
from feeds.config.load import load
from feeds.config.schema import Config
from feeds.fetch import open_client
from feeds.memory import SourceState
from feeds.pipeline import Emission, Emitter, Outcome, Poller, Result, Verdict, hasten, open_readers
from feeds.pipeline.rendering import render
from feeds.store import Store, open_store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SITE = (
    'site: {title: Planet, base_url: "https://planet.example.org/", authority: "planet.example.org,2026"}\n'
)


def item(key: str, *, title: str = "", day: int = 1, text: str = "Some words.", link: str = "") -> str:
    return (
        f"<item><guid isPermaLink='false'>{key}</guid><title>{title or key}</title>"
        f"<link>{link or f'https://blog.example/{key}'}</link><description>{text}</description>"
        f"<pubDate>{day:02} Feb 2026 10:00:00 GMT</pubDate></item>"
    )


def rss(*items: str, title: str = "A blog") -> bytes:
    return (
        f"<?xml version='1.0'?><rss version='2.0'><channel><title>{title}</title><link>https://blog.example/</link>"
        f"<description>d</description>{''.join(items)}</channel></rss>"
    ).encode()


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


def configure(folder: Path, text: str, fetch: str = "") -> Config:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "config.yaml"
    path.write_text(SITE + f"fetch: {{allow: [127.0.0.0/8], {fetch}}}\n" + text)
    return load(path, {})


def sources(site: Site, names: Iterable[str]) -> str:
    lines = "".join(f"  - {{name: {name}, url: '{site.url('/' + name)}'}}\n" for name in names)
    return f"sources:\n{lines}"


def poll(config: Config, store: Store, names: Iterable[str] = (), now: datetime = NOW) -> dict[str, Outcome]:
    async def run() -> tuple[Outcome, ...]:
        async with open_client(config.fetch, __version__) as client:
            wanted = tuple(names) or [source.name for source in config.sources]
            states = store.states(wanted)
            with open_readers(config.read) as readers:
                poller = Poller(config, store, client, readers)
                return await poller.refresh_all([states.get(n) or SourceState(name=n) for n in wanted], now)

    return {outcome.source: outcome for outcome in asyncio.run(run())}


def emit(config: Config, store: Store, *, now: datetime = NOW, force: bool = False) -> dict[str, Emission]:
    return {emission.path: emission for emission in Emitter(config, store).emit_all(now, force=force)}


def files(folder: Path) -> Mapping[str, tuple[bytes, int, int]]:
    """Bytes, mtime and inode of each published file."""
    return {
        path.name: (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino)
        for path in sorted((folder / "output").iterdir())
    }


def titles(folder: Path, name: str = "all.atom") -> list[str]:
    return [entry.title for entry in feedparser.parse((folder / "output" / name).read_bytes()).entries]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store("sqlite:///feeds.db", tmp_path)
    yield opened
    opened.close()


def test_entries_of_all_sources_are_merged_newest_first(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes.update({"/a": rss(item("a1", day=1), item("a3", day=3)), "/b": rss(item("b2", day=2))})
    config = configure(tmp_path, sources(site, "ab"))
    outcomes = poll(config, store)
    emit(config, store)
    assert (outcomes["a"].result, outcomes["a"].new, outcomes["b"].new) == (Result.NEW, 2, 1)
    assert titles(tmp_path) == ["a3", "b2", "a1"]


def test_second_run_is_conditional_and_touches_no_file(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes["/a"] = rss(item("a1"), item("a2"))
    config = configure(tmp_path, sources(site, "a"))
    poll(config, store)
    emit(config, store)
    before = files(tmp_path)
    outcome = poll(config, store, now=NOW + timedelta(hours=2))["a"]
    emissions = emit(config, store, now=NOW + timedelta(hours=2))
    assert outcome.result is Result.NOT_MODIFIED
    assert {emission.verdict for emission in emissions.values()} == {Verdict.SKIPPED}
    assert files(tmp_path) == before
    forced = emit(config, store, force=True)
    assert {emission.verdict for emission in forced.values()} == {Verdict.UNCHANGED}
    assert files(tmp_path) == before


def test_a_body_that_came_again_is_not_read_again(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes["/a"] = Reply(body=rss(item("a1")))
    config = configure(tmp_path, sources(site, "a"))
    poll(config, store)
    revision = store.states(["a"])["a"].revision
    assert poll(config, store)["a"].result is Result.UNCHANGED
    assert store.states(["a"])["a"].revision == revision


def test_order_of_polls_does_not_show_in_the_outputs(site: Site, tmp_path: Path) -> None:
    """Also where an id is shared, for the same post and for another one."""
    post = item("https://blog.example/same", title="Same", link="https://blog.example/same")
    clash = "https://blog.example/clash"
    site.routes.update(
        {
            "/a": rss(
                item("a1"),
                post,
                item(clash, title="One thing", text="About snow.", link="https://a.example/1"),
            ),
            "/b": rss(
                item("b1"), post, item(clash, title="Another", text="On rivers.", link="https://b.example/2")
            ),
            "/c": rss(
                item("c1"), item(clash, title="The third", text="Of bread.", link="https://c.example/3")
            ),
        }
    )
    seen = set()
    for number, order in enumerate(permutations("abc")):
        folder = tmp_path / str(number)
        config = configure(folder, sources(site, "abc"))
        store = open_store("sqlite:///feeds.db", folder)
        for name in order:
            poll(config, store, [name])
        emit(config, store)
        store.close()
        assert sorted(titles(folder)) == sorted(
            ["a1", "b1", "c1", "Same", "One thing", "Another", "The third"]
        ), order
        seen.add(tuple((name, found[0]) for name, found in files(folder).items()))
    assert len(seen) == 1


def test_a_failing_source_keeps_its_entries_and_disturbs_no_other(
    site: Site, store: Store, tmp_path: Path
) -> None:
    site.routes.update({"/a": rss(item("a1")), "/b": rss(item("b1"))})
    config = configure(tmp_path, sources(site, "ab"))
    poll(config, store)
    site.routes["/a"] = Reply(status=500, body=b"<h1>oops</h1>")
    site.routes["/b"] = rss(item("b1"), item("b2", day=2))
    outcomes = poll(config, store)
    emit(config, store)
    state = store.states(["a"])["a"]
    assert outcomes["a"].result is Result.FAILED
    assert "500" in (outcomes["a"].error or "")
    assert (state.failures, state.status, state.error_class) == (1, 500, "BadStatus")
    assert outcomes["b"].new == 1
    assert sorted(titles(tmp_path)) == ["a1", "b1", "b2"]
    # And it recovers at the first success.
    site.routes["/a"] = rss(item("a1"), item("a2"))
    assert poll(config, store)["a"].new == 1
    assert store.states(["a"])["a"].failures == 0


@pytest.mark.parametrize("body", [b"", b"<html><body>Under construction</body></html>", b"null", b"\0\1\2"])
def test_what_is_no_feed_is_a_failure_and_never_an_entry(
    site: Site, store: Store, tmp_path: Path, body: bytes
) -> None:
    site.routes["/a"] = rss(item("a1"))
    config = configure(tmp_path, sources(site, "a"))
    poll(config, store)
    site.routes["/a"] = body
    assert poll(config, store)["a"].result is Result.FAILED
    emit(config, store)
    assert titles(tmp_path) == ["a1"]


def test_waits_grow_with_failures(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes["/a"] = Reply(status=503)
    config = configure(tmp_path, sources(site, "a"))
    waits = []
    for _ in range(4):
        poll(config, store)
        waits.append(store.states(["a"])["a"].wait or 0)
    assert waits == sorted(waits)
    assert waits[-1] > waits[0] > 0


def test_changed_settings_of_a_source_make_it_be_read_anew(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes["/a"] = rss(item("a1"))
    config = configure(tmp_path, sources(site, "a"))
    poll(config, store)
    changed = configure(tmp_path, f"sources: [{{name: a, url: '{site.url('/a')}', language: rm}}]")
    assert poll(changed, store)["a"].changed == 1
    assert [record.entry.language for record in store.newest(["a"]) if record.entry] == ["rm"]


def test_a_changed_filter_shows_at_the_next_publish_without_a_poll(
    site: Site, store: Store, tmp_path: Path
) -> None:
    site.routes["/a"] = rss(item("a1", title="Sponsored: buy"), item("a2", title="News"))
    config = configure(tmp_path, sources(site, "a"))
    poll(config, store)
    emit(config, store)
    assert sorted(titles(tmp_path)) == ["News", "Sponsored: buy"]
    filtered = configure(
        tmp_path,
        f"sources: [{{name: a, url: '{site.url('/a')}', filters: [{{drop: {{title: '^Sponsored'}}}}]}}]",
    )
    emit(filtered, store)
    assert titles(tmp_path) == ["News"]


def test_a_post_shared_by_two_sources_is_shown_once_from_the_source_it_belongs_to(
    site: Site, store: Store, tmp_path: Path
) -> None:
    post = item(site.url("/post/1"), title="Shared", link=site.url("/post/1"))
    with Site({"/planet": rss(post, title="A planet")}, host="127.0.0.2") as planet:
        site.routes["/z"] = rss(post, title="The author")
        config = configure(
            tmp_path,
            f"sources: [{{name: a-planet, url: '{planet.url('/planet')}'}}, "
            f"{{name: z, url: '{site.url('/z')}'}}]",
        )
        poll(config, store)
        emit(config, store)
    found = feedparser.parse((tmp_path / "output/all.atom").read_bytes()).entries
    assert [(entry.title, entry.source.title) for entry in found] == [("Shared", "The author")]


def test_a_filter_of_the_owner_does_not_hide_the_other_sources_copy(
    site: Site, store: Store, tmp_path: Path
) -> None:
    post = item("https://blog.example/1", title="Shared")
    site.routes.update({"/a": rss(post, title="A"), "/b": rss(post, title="B")})
    config = configure(
        tmp_path,
        f"sources: [{{name: a, url: '{site.url('/a')}', filters: [{{drop: {{title: Shared}}}}]}}, "
        f"{{name: b, url: '{site.url('/b')}'}}]",
    )
    poll(config, store)
    emit(config, store)
    found = feedparser.parse((tmp_path / "output/all.atom").read_bytes()).entries
    assert [entry.source.title for entry in found] == ["B"]


def test_files_of_an_output_that_left_config_are_removed_if_they_are_ours(
    site: Site, store: Store, tmp_path: Path
) -> None:
    site.routes["/a"] = rss(item("a1"))
    text = sources(site, "a")
    config = configure(tmp_path, text + "outputs: [{name: one}, {name: two}]")
    poll(config, store)
    emit(config, store)
    (tmp_path / "output/two.rss").write_text("mine")
    (tmp_path / "output/other.atom").write_text("not of this program")
    emissions = emit(configure(tmp_path, text + "outputs: [{name: one, formats: [atom]}]"), store)
    left = {path.name for path in (tmp_path / "output").glob("[!.]*")}
    assert left == {"one.atom", "two.rss", "other.atom", "index.html", "sources.opml"}
    gone = {path for path, emission in emissions.items() if emission.verdict is Verdict.REMOVED}
    assert gone == {"two.atom", "two.json", "one.rss", "one.json"}


@pytest.mark.parametrize("harm", ["delete", "overwrite"])
def test_a_published_file_that_was_harmed_is_made_again(
    site: Site, store: Store, tmp_path: Path, harm: str
) -> None:
    site.routes["/a"] = rss(item("a1"))
    config = configure(tmp_path, sources(site, "a"))
    poll(config, store)
    emit(config, store)
    before = files(tmp_path)
    victim = tmp_path / "output/all.atom"
    victim.unlink() if harm == "delete" else victim.write_bytes(b"<feed/>")
    emit(config, store)
    assert {name: found[0] for name, found in files(tmp_path).items()} == {n: f[0] for n, f in before.items()}


def test_an_address_with_a_secret_is_published_nowhere(site: Site, store: Store, tmp_path: Path) -> None:
    secret = "s3cr3t-t0ken"
    (tmp_path / "config.yaml").write_text(
        SITE + f"fetch: {{allow: [127.0.0.0/8]}}\nsources: [{{name: a, url: '{site.base}/${{TOKEN}}'}}]"
    )
    config = load(tmp_path / "config.yaml", {"TOKEN": secret})
    own = f"<atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='self' href='{site.base}/{secret}'/>"
    body = rss(item("a1")).replace(b"<channel>", b"<channel>" + own.encode())
    site.routes[f"/{secret}"] = body
    assert poll(config, store)["a"].result is Result.NEW
    emit(config, store)
    site.routes[f"/{secret}"] = Reply(status=404)
    failed = poll(config, store)["a"]
    assert failed.result is Result.FAILED
    assert secret not in (failed.error or "")
    assert secret not in repr(store.states())
    for name, (found, _, _) in files(tmp_path).items():
        assert secret.encode() not in found, name


def test_keep_lets_old_entries_expire_and_they_do_not_come_back(
    site: Site, store: Store, tmp_path: Path
) -> None:
    site.routes["/a"] = Reply(body=rss(*(item(f"a{n}", day=n) for n in range(1, 7))))
    config = configure(tmp_path, f"sources: [{{name: a, url: '{site.url('/a')}', keep: 2 entries}}]")
    poll(config, store)
    emit(config, store)
    assert titles(tmp_path) == ["a6", "a5"]
    site.routes["/a"] = Reply(body=rss(*(item(f"a{n}", day=n) for n in range(1, 8))))
    assert poll(config, store)["a"].new == 1
    emit(config, store)
    assert titles(tmp_path) == ["a7", "a6"]


def test_one_entry_that_a_format_cannot_carry_does_not_hold_back_the_others(
    site: Site, store: Store, tmp_path: Path
) -> None:
    """The check of what is published sees a reason in the entry alone, and the run names it."""
    site.routes["/a"] = rss(item("a1"), item("a2"))
    config = configure(tmp_path, sources(site, "a"))
    poll(config, store)
    emitter = Emitter(config, store)
    feed = emitter.gather(config.outputs[0], NOW)
    bad = replace(feed.entries[0], id="not a URI")
    rendered = render(
        replace(feed, entries=(bad, *feed.entries[1:])), "all.atom", "atom", "https://p.example/"
    )
    assert rendered.body is not None
    assert rendered.entries == feed.entries[1:]
    assert len(rendered.problems) == 1
    assert "not a URI" in rendered.problems[0]


def test_many_sources_share_few_commits(site: Site, store: Store, tmp_path: Path) -> None:
    names = [f"s{n}" for n in range(60)]
    site.routes.update({f"/{name}": rss(item(name)) for name in names})
    config = configure(tmp_path, sources(site, names))
    outcomes = poll(config, store)
    emit(config, store)
    assert {outcome.result for outcome in outcomes.values()} == {Result.NEW}
    assert sorted(titles(tmp_path)) == sorted(names)


def test_a_path_alone_is_a_folder_of_articles(store: Store, tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts/note.md").write_text("# A note\n\nWith a text that stands below its heading.\n")
    config = configure(tmp_path, "sources: [{name: notes, path: texts/}]")
    assert poll(config, store)["notes"].result is Result.NEW
    assert poll(config, store)["notes"].result is Result.NOT_MODIFIED
    emit(config, store)
    assert titles(tmp_path) == ["A note"]


def test_a_shorter_interval_counts_from_the_last_poll_but_not_after_a_failure(
    site: Site, store: Store, tmp_path: Path
) -> None:
    site.routes.update({"/a": rss(item("a1")), "/b": rss(item("b1")), "/c": rss(item("c1"))})

    def listed(interval: str) -> Config:
        fixed = "".join(
            f"  - {{name: {n}, url: '{site.url('/' + n)}', interval: {interval}}}\n" for n in "ab"
        )
        return configure(tmp_path, f"sources:\n{fixed}  - {{name: c, url: '{site.url('/c')}'}}\n")

    config = listed("1d")
    poll(config, store)
    site.routes["/b"] = Reply(status=503)
    poll(config, store, ["b"])
    before = store.states()
    assert hasten(config, store) == 0
    assert hasten(listed("30m"), store) == 1
    after = store.states()
    assert after["a"].due == NOW + timedelta(minutes=30)
    assert (after["b"].due, after["c"].due) == (before["b"].due, before["c"].due)
    # A longer one counts from the next poll on.
    assert hasten(listed("7d"), store) == 0


def test_every_entry_names_its_source_completely(site: Site, store: Store, tmp_path: Path) -> None:
    """Also of a feed that tells no date of its own."""
    site.routes["/a"] = rss(item("a1", day=3), title="A blog")
    config = configure(tmp_path, sources(site, "a"))
    poll(config, store)
    emit(config, store)
    (found,) = feedparser.parse((tmp_path / "output/all.atom").read_bytes()).entries
    links = {link.rel: link.href for link in found.source.links}
    assert found.source.id == "tag:planet.example.org,2026:source:a"
    assert (found.source.title, found.source.updated) == ("A blog", "2026-02-03T10:00:00Z")
    assert links == {"self": site.url("/a"), "alternate": "https://blog.example/"}


def test_the_page_links_the_list_of_sources_where_there_is_one(
    site: Site, store: Store, tmp_path: Path
) -> None:
    site.routes["/a"] = rss(item("a1"))
    poll(configure(tmp_path, sources(site, "a")), store)
    for formats, linked in (("[page, opml]", True), ("[page]", False)):
        text = (SITE + sources(site, "a")).replace("site: {", f"site: {{formats: {formats}, ")
        (tmp_path / "config.yaml").write_text(text)
        emit(load(tmp_path / "config.yaml", {}), store)
        assert (b"sources.opml" in (tmp_path / "output/index.html").read_bytes()) is linked
        assert (tmp_path / "output/sources.opml").exists() is linked


def test_an_output_chooses_what_untitled_entries_are_called(site: Site, store: Store, tmp_path: Path) -> None:
    site.routes["/a"] = rss(item("a1", day=2).replace("<title>a1</title>", ""), item("a2", day=1))
    config = configure(
        tmp_path,
        sources(site, "a")
        + "outputs:\n  - {name: all}\n  - {name: bare, untitled: empty}\n  - {name: dated, untitled: date}\n",
    )
    poll(config, store)
    assert all(one.problems == () for one in emit(config, store).values())
    assert titles(tmp_path) == ["Some words.", "a2"]
    assert titles(tmp_path, "bare.atom") == ["", "a2"]
    assert titles(tmp_path, "dated.atom") == ["2026-02-02", "a2"]
