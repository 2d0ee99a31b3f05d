"""``feeds preview``: the entries of a source as a reader would get them."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, timedelta, timezone
from pathlib import Path
from types import MappingProxyType

from feeds import __version__
from feeds.cli.plain import count, visible
from feeds.cli.session import Mistaken, Session, now
from feeds.cli.show import DIM, STRONG, Screen
from feeds.cli.work.add import placed, trial
from feeds.cli.work.loading import configuration, finish, unknown
from feeds.config import names
from feeds.config.schema import Config, Source
from feeds.errors import ReadError
from feeds.fetch import open_client
from feeds.model import Document, Entry, Feed, Moment, Precision, Text, TextType
from feeds.normalize.html import plain
from feeds.pipeline import ask, open_readers

ARTICLE = frozenset({".txt", ".md", ".markdown", ".html", ".htm"})
SHAPES = MappingProxyType(
    {
        Precision.YEAR: "%Y",
        Precision.MONTH: "%Y-%m",
        Precision.DAY: "%Y-%m-%d",
        Precision.MINUTE: "%Y-%m-%d %H:%M",
        Precision.SECOND: "%Y-%m-%d %H:%M:%S",
    }
)
WORDS = 80


def preview(session: Session, what: str, *, limit: int | None, as_json: bool) -> int:
    """Fetch, read and show a source; remember nothing."""
    screen = Screen(session)
    config, source, file = meant(session, what)
    kind, feed = finish(looked(config, source, file))
    shown = feed.entries[:limit]
    if as_json:
        screen.document(
            {
                "source": source.name,
                "kind": kind,
                "feed": asdict(replace(feed, entries=())),
                "entries": [asdict(entry) for entry in shown],
            }
        )
        return 0
    title = one_line(feed.title) or source.name
    heading = f"{title} · {kind} · {count(len(feed.entries), 'entry')}"
    if not screen.terminal:
        screen.lines("\n\n".join([heading, *(written(entry, session) for entry in shown)]))
        return 0
    screen.line(heading, STRONG)
    for entry in shown:
        screen.panel(one_line(entry.title) or "(no title)", drawn(entry, session), entry.url or entry.id)
    if len(shown) < len(feed.entries):
        screen.line(f"{len(feed.entries) - len(shown)} more; --limit 0 shows all", DIM)
    return 0


def meant(session: Session, what: str) -> tuple[Config, Source, Path | None]:
    """Find out what is to be shown: a source of config.yaml, an address, a folder, or a file.

    Returns:
        The configuration (its defaults if there is no file), the source, and the file that holds the
        document if it is not to be asked for.

    Raises:
        Mistaken: It is none of these.
    """
    path = session.config_path.absolute()
    config = configuration(session) if path.exists() else Config(path=path)
    for source in config.sources:
        if source.name == what:
            return config, source, None
    file = Path(what)
    if "://" not in what and file.is_file() and file.suffix.lower() not in ARTICLE:
        # Without an address or a path: its kind is recognised, and a path would make it a folder of texts.
        return config, trial(session, {}, {"name": names.name_of_path(what), "kind": "auto"}), file
    try:
        place = placed(what, config.folder)
    except Mistaken as error:
        known = [source.name for source in config.sources]
        message = f"{what!r} is no address, file or folder, and {unknown(what, known)}"
        raise Mistaken(message) from error
    return config, trial(session, place, {}), None


async def looked(config: Config, source: Source, file: Path | None) -> tuple[str, Feed]:
    if file is not None:
        document = saved(file)
    else:
        async with open_client(config.fetch, __version__) as client:
            document = await ask(client, source, config.folder, now())
    with open_readers(config.read) as readers:
        return await readers.read(document, source, config.authority)


def saved(file: Path) -> Document:
    """Read a document that lies on this machine, as if a server had sent it."""
    try:
        return Document(url=file.absolute().as_uri(), body=file.read_bytes())
    except OSError as error:
        raise ReadError(f"{file}: cannot be read ({error.strerror})") from error


def one_line(text: Text | None) -> str:
    """Give a title as plain text; empty if there is none."""
    if text is None:
        return ""
    return visible(plain(text.value) if text.type is TextType.HTML else text.value).strip()


def when(moment: Moment) -> str:
    """Write a time as precisely as the source told it, where the source stands.

    >>> from datetime import datetime
    >>> when(Moment(instant=datetime(2025, 12, 26, 23, tzinfo=UTC), offset=60, precision=Precision.DAY))
    '2025-12-27'
    """
    local = moment.instant.astimezone(timezone(timedelta(minutes=moment.offset)) if moment.offset else UTC)
    shape = SHAPES[moment.precision]
    zone = local.strftime("%z") if "%H" in shape else ""
    return f"{local.strftime(shape)}{f' {zone[:3]}:{zone[3:]}' if zone else ''}"


def facts(entry: Entry) -> str:
    """Say when, who, from whom, in what language and about what, in one line."""
    people = (
        f"{person.name or person.email or person.uri}"
        f"{f' ({person.role_raw or person.role})' if person.role_raw or person.role != 'author' else ''}"
        for person in entry.people
    )
    date = entry.published or entry.updated
    return " · ".join(
        part
        for part in (
            when(date) if date else "undated",
            ", ".join(people),
            ", ".join(credit.name for credit in entry.credits),
            entry.language or "",
            ", ".join(category.label or category.term for category in entry.categories),
        )
        if part
    )


def excerpt(entry: Entry) -> str:
    """Give the first words of what there is to read, paragraphs kept."""
    text = entry.summary or entry.content
    if text is None:
        return "(no text)"
    value = plain(text.value) if text.type is TextType.HTML else text.value
    lines, left = [], WORDS
    for line in value.split("\n"):
        words = line.split()
        lines.append(" ".join(words[:left]) + (" …" if len(words) > left else ""))
        left -= len(words)
        if left <= 0:
            break
    return "\n".join(line for line in lines if line)


def extras(entry: Entry, session: Session) -> list[str]:
    """Give a line for each file that belongs to an entry; with -v also its id and what was decided."""
    lines = []
    for media in entry.enclosures:
        size = f"{media.length:,} bytes" if media.length else ""
        about = ", ".join(part for part in (media.type, size) if part)
        lines.append(f"file: {media.url}{f' ({about})' if about else ''}")
    if session.verbose:
        lines.append(f"id: {entry.id} ({entry.id_origin})")
        lines.extend(f"{decision.topic}: {decision.reason}" for decision in entry.decisions)
    return lines


def written(entry: Entry, session: Session) -> str:
    """Write an entry for a pipe."""
    head = (facts(entry), *((entry.url,) if entry.url else ()))
    lines = (*head, *excerpt(entry).split("\n"), *extras(entry, session))
    return "\n".join((one_line(entry.title) or "(no title)", *(f"  {visible(line)}" for line in lines)))


def drawn(entry: Entry, session: Session) -> list[tuple[str, str]]:
    """Write an entry for a terminal: lines, each with its style."""
    text = [(line, "") for line in excerpt(entry).split("\n")]
    lines = [(facts(entry), DIM), *text, *((line, DIM) for line in extras(entry, session))]
    return [(session.hide(line), style) for line, style in lines]
