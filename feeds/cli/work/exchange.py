"""``feeds import``, ``export`` and ``schema``: what other programs read and write."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import click

from feeds import publish
from feeds.cli.plain import count
from feeds.cli.session import Session
from feeds.cli.show import Screen
from feeds.cli.work.loading import configuration
from feeds.config.edit import add_sources, name_of
from feeds.config.json_schema import schema_json
from feeds.config.names import digest
from feeds.config.opml import export_opml, read_opml
from feeds.config.schema import Config
from feeds.normalize.urls import canonical

Spelled = dict[str, Any]
"""A source in the words of config.yaml."""


def import_(session: Session, body: bytes, file: str, *, own: bool, dry_run: bool) -> int:
    """Add the sources of an OPML list that are not there yet; give the exit status.

    What cannot be taken is told and left out; the rest is added in one step.
    """
    config = configuration(session)
    screen = Screen(session)
    imported = read_opml(body, file=file, trusted=own)
    new = unknown(imported.sources, config)
    if not dry_run:
        add_sources(session.config_path, new, os.environ)
    for source in new:
        place = source.get("url") or source.get("path")
        screen.line(f"{'Would add' if dry_run else 'Added'} {name_of(source)}: {place}")
    for problem in imported.problems:
        screen.fail(str(problem))
    known = len(imported.sources) - len(new)
    screen.line(f"{count(len(new), 'source')} {'to add' if dry_run else 'added'}, {known} known already")
    return int(bool(imported.problems))


def unknown(listed: Iterable[Spelled], config: Config) -> list[Spelled]:
    """Give what config.yaml does not list; under another name where the name is taken by another source."""
    places = {place(source.url, source.path) for source in config.sources}
    names = {source.name.casefold() for source in config.sources}
    new = []
    for source in listed:
        where = place(source.get("url"), source.get("path"))
        if where in places:
            continue
        one = source if free(source, names) else renamed(source, where)
        names.add((name_of(one) or "").casefold())
        places.add(where)
        new.append(one)
    return new


def free(source: Spelled, names: Collection[str]) -> bool:
    return (name_of(source) or "").casefold() not in names


def renamed(source: Spelled, where: str) -> Spelled:
    """Give a source whose name is taken by another one a name of its own, made from where it is."""
    name = f"{(name_of(source) or '')[:80]}-{digest(where)}"
    return {"name": name} | {key: value for key, value in source.items() if key != "name"}


def place(url: str | None, path: str | None) -> str:
    """Say where a source is, the same for addresses that differ only in spelling."""
    return canonical(url) if url else f"path:{path}"


def export(session: Session, file: Path | None) -> int:
    """Write the sources as OPML to a file, or to stdout."""
    config = configuration(session)
    body = export_opml(config)
    if file is None:
        click.echo(body, nl=False)
        return 0
    publish.put(file.parent, file.name, body)
    Screen(session).line(f"{count(len(config.sources), 'source')} written to {file}")
    return 0


def schema() -> int:
    """Write the JSON Schema of config.yaml to stdout."""
    click.echo(schema_bytes(), nl=False)
    return 0


def schema_bytes() -> bytes:
    return json.dumps(schema_json(), indent=2, ensure_ascii=False).encode() + b"\n"
