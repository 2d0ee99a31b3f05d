"""The same polls with SQLite and with PostgreSQL: the same bytes published, the same rows remembered."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import ExitStack, closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from planets import HOUR, Planet, atom, atom_entry, item, rss
from postgres import Server, schema
from sqlalchemy import Table, select

from feeds.config.load import load
from feeds.store import Store, open_store
from feeds.store.tables import ARCHIVES, ENTRIES, METADATA, OUTPUTS

OWN = {(ENTRIES.name, "number"), (ARCHIVES.name, "seen"), (OUTPUTS.name, "seen")}
"""Of this database alone: where a row is written again, PostgreSQL counts on and SQLite does not; and when
files were put in place."""

HOSTILE = "a\0b \ud800 c\ud83d\ude00d\udc00 ﷐ � \x1b\x85  z"
"""What JSON can say: NUL, halves of a character, one whole as two halves, and what is no character."""


def hostile(number: int) -> str:
    one = {
        **dict.fromkeys(("title", "summary", "language", "image", "banner_image"), HOSTILE),
        "id": f"urn:x:{HOSTILE}:{number}",
        "url": f"https://blog.example/{HOSTILE}",
        "content_html": f"<p title='{HOSTILE}'>{HOSTILE}&#0;&#xD800;</p>",
        "tags": [HOSTILE],
        "authors": [{"name": HOSTILE, "url": f"https://blog.example/{HOSTILE}"}],
        "attachments": [{"url": f"https://blog.example/{HOSTILE}", "mime_type": HOSTILE, "title": HOSTILE}],
        "date_published": "2026-01-05T10:00:00Z",
    }
    told = {"version": "https://jsonfeed.org/version/1.1", "title": HOSTILE, "home_page_url": HOSTILE}
    return json.dumps({**told, "description": HOSTILE, "language": HOSTILE, "items": [one]})


def withdrawing(number: int) -> str:
    gone = '<at:deleted-entry ref="tag:blog.example,2026:2" when="2026-02-01T00:00:00Z"/>'
    entries = [atom_entry(key, title="Ähnlich {} «é»") for key in range(1, 4 + number)]
    text = atom(*(entries if number == 1 else entries[2:] + entries[:1]))
    space = "<feed xmlns:at='http://purl.org/atompub/tombstones/1.0'"
    return text if number == 1 else text.replace("<feed", space, 1).replace("</feed>", f"{gone}</feed>")


SOURCES: dict[str, Callable[[int], str | bytes]] = {
    "Zeta": lambda n: rss(*(item(k, text=f"Text {k} {'edited' if k == n else ''}") for k in range(n, n + 9))),
    "alpha": withdrawing,
    "beta-1": hostile,
    "beta_1": lambda n: rss(*(item(k, guid="urn:x:{}", date=None) for k in range(3 * n))),
    "same": lambda n: rss(*(item(k, link=f"https://blog.example/{k}?n={n}") for k in range(9))),
    "broken": lambda n: b"\0\1\2" if n == 2 else b"<rss><channel><title>\0&#0;</title><item><title>x&#0;y\0",
}

ASKED = "outputs: [{name: all, archive: 5, limit: 7}, {name: each, from: {sources: [Zeta, alpha]}}]"


def rows(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Give all that is remembered, but for the numbers that are a database's own."""

    def of(table: Table) -> list[tuple[Any, ...]]:
        columns = [column for column in table.c if (table.name, column.name) not in OWN]
        with store._reading() as connection:
            return sorted(map(tuple, connection.execute(select(*columns)).all()), key=repr)

    return {table.name: of(table) for table in METADATA.sorted_tables}


def published(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_the_same_polls_give_the_same_bytes_and_rows(server: Server, tmp_path: Path) -> None:
    moment = [1]
    planet = Planet(tmp_path, {name: partial(_answer, source, moment) for name, source in SOURCES.items()})
    with planet, ExitStack() as stack:
        path = tmp_path / "config.yaml"
        path.write_text(re.sub(r"outputs: .*", ASKED, path.read_text("utf-8")), "utf-8")
        planet.config = load(path, {})
        address = schema(server.address, tmp_path).render_as_string(hide_password=False)
        other = stack.enter_context(closing(open_store(address, tmp_path)))
        stores = {"sqlite": planet.store, "postgresql": other}
        stack.callback(setattr, planet, "store", planet.store)
        start = planet.now
        for number in range(1, 4):
            moment[0] = number
            for name, store in stores.items():
                planet.store, planet.now = store, start + 30 * number * HOUR
                mine, output = tmp_path / name, tmp_path / "output"
                if mine.exists():
                    mine.rename(output)
                for source in SOURCES:
                    planet.poll([source], after=timedelta())
                planet.emit()
                output.rename(mine)
            files, found = ([*map(published, map(tmp_path.joinpath, stores))], [*map(rows, stores.values())])
            assert files[0] == files[1]
            assert found[0] == found[1]
        assert len(files[0]) > 12
        assert {name for name, some in found[0].items() if some} >= {
            "withdrawn",
            "pages",
            "archived",
            "spared",
        }
        texts = [
            value for some in found[0].values() for row in some for value in row if isinstance(value, str)
        ]
        assert not any(char in text for char in "\0\ud800" for text in texts)
        assert not any("\\u0000" in text for text in texts)
        assert sum("beta-1" in text for text in texts) > 1


def _answer(source: Callable[[int], str | bytes], moment: list[int], _: int) -> str | bytes:
    return source(moment[0])
