"""``feeds import``, ``export`` and ``schema``: what other programs read and write."""

from __future__ import annotations

import json
from pathlib import Path

import click

from feeds import publish
from feeds.cli.plain import count
from feeds.cli.session import Session
from feeds.cli.show import Screen
from feeds.cli.work.loading import configuration
from feeds.config.edit import add_source
from feeds.config.json_schema import schema_json
from feeds.config.opml import export_opml, import_opml
from feeds.normalize.urls import canonical


def import_(session: Session, body: bytes, *, dry_run: bool) -> int:
    """Add the sources of an OPML list whose address is not known yet."""
    config = configuration(session)
    screen = Screen(session)
    known = {canonical(source.url) for source in config.sources if source.url}
    added = 0
    listed = import_opml(body)
    for source in listed:
        address = source.get("url")
        if address and canonical(address) in known:
            continue
        known.add(canonical(address))
        if not dry_run:
            add_source(session.config_path, source)
        added += 1
        screen.line(f"{'would add' if dry_run else 'added'} {address}")
    screen.line(f"{count(added, 'source')} added, {len(listed) - added} known already")
    return 0


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
