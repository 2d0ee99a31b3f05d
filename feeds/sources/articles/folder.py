"""A folder of texts -> one document: a tar archive that is the same bytes for the same texts.

So a folder is polled, compared and replayed as any other source. Files that cannot be taken are named in a
member of their own (``SKIPPED``), so that reading can report them.
"""

from __future__ import annotations

import fnmatch
import hashlib
import io
import json
import os
import re
import stat
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from feeds.config.schema import Source
from feeds.errors import ReadError
from feeds.model import Document, NotModified, Validators

SUFFIXES = frozenset((".txt", ".text", ".md", ".markdown", ".mdown", ".mkd", ".html", ".htm", ".xhtml"))
FILE_LIMIT = 10 * 1024 * 1024
TOTAL_LIMIT = 256 * 1024 * 1024
COUNT_LIMIT = 20_000
DEPTH_LIMIT = 20
SKIPPED = ".skipped.json"
"""Name of the member with what was left out: no text has it, because hidden files are not taken."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where the texts are: all of a folder, one file, or what a pattern says."""

    base: Path
    pattern: re.Pattern[str] | None = None
    one: str | None = None


def load(source: Source, folder: Path, validators: Validators) -> Document | NotModified:
    """Read the files of a source into one document.

    Hidden files and folders are not taken, nor linked folders, nor what a link brings from outside. A file
    that cannot be taken (unreadable, larger than 10 MiB, one of more than 20,000 or of more than 256 MiB
    together) is named in the document, the others are not harmed.

    Args:
        source: With ``path``: a folder, a file, or a glob like ``texts/**/*.md``.
        folder: Where a relative path starts.
        validators: Of the last answer; the ETag is a hash of names and contents.

    Raises:
        ReadError: The folder is not there or cannot be listed, or not one of its files can be read.
    """
    place = _place(source, folder)
    taken: dict[str, bytes] = {}
    skipped: dict[str, str] = {}
    total = 0
    for name, path in sorted(_files(place, skipped)):
        found = _content(path, place.base)
        if isinstance(found, str):
            skipped[name] = found
        elif len(taken) >= COUNT_LIMIT or total + len(found) > TOTAL_LIMIT:
            skipped[name] = f"the folder holds more than {COUNT_LIMIT} files or {TOTAL_LIMIT >> 20} MiB"
        else:
            taken[name] = found
            total += len(found)
    if skipped and not taken:
        name, reason = min(skipped.items())
        raise ReadError(f"no text of {source.path} can be read; {name}: {reason}")
    body = _packed(taken, skipped)
    etag = f'"{hashlib.sha256(body).hexdigest()}"'
    answered = Validators(etag=etag)
    if validators.etag == etag:
        return NotModified(validators=answered)
    headers = {"content-type": "application/x-tar"}
    return Document(url=place.base.resolve().as_uri(), headers=headers, body=body, validators=answered)


def _place(source: Source, folder: Path) -> Place:
    """Find the folder that a path or glob begins with."""
    parts = Path(source.path or ".").parts
    wild = next((at for at, part in enumerate(parts) if re.search(r"[*?\[]", part)), len(parts))
    base = folder.joinpath(*parts[:wild])
    # A folder may well be called "[old]": what is there as it is written is meant.
    literal = folder.joinpath(*parts)
    if wild < len(parts) and not literal.exists():
        place = Place(base=base, pattern=re.compile(_translated(parts[wild:]), re.DOTALL))
    elif literal.is_file():
        place = Place(base=literal.parent, one=literal.name)
    else:
        place = Place(base=literal)
    if not place.base.is_dir():
        raise ReadError(
            f"the folder {source.path} is not there: make it, or mend the path of source {source.name}"
        )
    return place


def _translated(parts: tuple[str, ...]) -> str:
    """Write a glob as a regular expression over relative paths; ``**`` is any number of folders."""
    pieces = ["(?:[^/]+/)*" if part == "**" else _one_part(part) + "/" for part in parts]
    text = "".join(pieces)
    return (text + "[^/]+" if parts[-1] == "**" else text.removesuffix("/")) + r"\Z"


def _one_part(part: str) -> str:
    return fnmatch.translate(part).replace(r"\Z", "").replace(".*", "[^/]*")


def _files(place: Place, skipped: dict[str, str]) -> Iterator[tuple[str, Path]]:
    """Give names (relative, with slashes) and paths of texts; what cannot be listed goes to ``skipped``."""

    def unlisted(error: OSError) -> None:
        path = Path(error.filename or place.base)
        name = _name(path, place.base) if path != place.base else "the folder"
        skipped[name] = _reason(error)

    for root, folders, files in os.walk(place.base, onerror=unlisted, followlinks=False):
        here = Path(root)
        deep = len(here.relative_to(place.base).parts)
        links = [name for name in folders if not name.startswith(".") and (here / name).is_symlink()]
        skipped.update((_name(here / name, place.base), "it is a link to a folder") for name in links)
        folders[:] = [name for name in folders if not name.startswith(".")] if deep < DEPTH_LIMIT else []
        for file in files:
            name = _name(here / file, place.base)
            wanted = file == place.one and not deep if place.one else _is_text(file)
            if wanted and not file.startswith(".") and (place.pattern is None or place.pattern.match(name)):
                yield name, here / file


def _is_text(file: str) -> bool:
    return Path(file).suffix.lower() in SUFFIXES


def _name(path: Path, base: Path) -> str:
    """Give a path relative to the folder, as text: bytes that are no UTF-8 are written out."""
    name = path.relative_to(base).as_posix()
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _content(path: Path, base: Path) -> bytes | str:
    """Read a file; a text instead of bytes says why not."""
    try:
        if path.is_symlink() and not path.resolve(strict=True).is_relative_to(base.resolve()):
            return "it is a link that leads out of the folder"
        # Opening something else than a file, a pipe say, could wait for ever.
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return "it is no file"
        with path.open("rb") as file:
            body = file.read(FILE_LIMIT + 1)
    except (OSError, RuntimeError) as error:  # RuntimeError: links that go round in a circle.
        return _reason(error)
    return body if len(body) <= FILE_LIMIT else f"it is larger than {FILE_LIMIT >> 20} MiB"


def _reason(error: OSError | RuntimeError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or "it cannot be read"


def _packed(taken: dict[str, bytes], skipped: dict[str, str]) -> bytes:
    members = {**taken, **({SKIPPED: json.dumps(skipped, sort_keys=True).encode()} if skipped else {})}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, body in members.items():
            # A fresh TarInfo knows no owner and no time, so only names and contents count.
            member = tarfile.TarInfo(name)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return buffer.getvalue()
