"""Which files we wrote, from what they were made, and which of them have to go."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from feeds import publish
from feeds.config.schema import Config
from feeds.formats import SITE_FORMATS
from feeds.memory import LEFT_OUT
from feeds.pipeline.emission import Emission, Verdict
from feeds.pipeline.rendering import paths
from feeds.store import Emitted, Listing, Note, Store

MOST_SAID = 20
"""Reasons of one file that are noted."""

SITE = ""
"""Under this name the store remembers the files of the whole site; no output can be called so."""


class Ledger:
    """The published files of one configuration, as the store remembers them.

    Args:
        config: The configuration in force.
        store: Open and claimed.
    """

    def __init__(self, config: Config, store: Store) -> None:
        self.config = config
        self.store = store
        self.folder: Path = config.folder / config.site.folder

    def stands(self, before: Emitted | None, signature: str, files: Iterable[str]) -> bool:
        """Say whether what was emitted last was made from the same, and is still there byte for byte."""
        return (
            before is not None
            and before.signature == signature
            and set(before.files) == set(files)
            and all(self.holds(before, path) for path in before.files)
        )

    def holds(self, before: Emitted, path: str) -> bool:
        """Say whether a file is what we wrote; only if somebody touched it, what is in it is looked at."""
        if path not in before.files:
            return False
        seen = before.seen.get(path)
        if seen is not None and publish.described(self.folder, path) == seen:
            return True
        return publish.digest(self.folder, path) == before.files[path]

    def look_again(self, name: str, before: Emitted) -> None:
        """Note how files are described that are what we wrote, if somebody touched them since."""
        seen = dict(before.seen)
        for path, sha256 in before.files.items():
            found = publish.described(self.folder, path)
            if found is None or found == seen.get(path) or publish.digest(self.folder, path) != sha256:
                continue
            # Nobody touched it while it was read.
            if publish.described(self.folder, path) == found:
                seen[path] = found
        if seen != before.seen:
            self.store.save_seen(name, seen)

    def body(self, before: Emitted, path: str) -> bytes | None:
        """Give what is in a file that we wrote; None if that is not what we wrote."""
        if path not in before.files:
            return None
        described = publish.described(self.folder, path)
        body = publish.read(self.folder, path)
        if described is not None and described == before.seen.get(path):
            return body
        return body if hashlib.sha256(body).hexdigest() == before.files[path] else None

    def remember(
        self,
        name: str,
        before: Emitted | None,
        signature: str,
        made: Mapping[str, bytes | None],
        *,
        told: Listing | None = None,
        pieces: str | None = None,
    ) -> None:
        """Note what was written; without a signature if something was refused, so that it is tried again.

        Args:
            name: Of the output.
            before: What was noted of it.
            signature: Of what it was made from.
            made: Path to the bytes that were put there; None if they were refused.
            told: What is in it now; None if that is as it was.
            pieces: As text; None if they are not known.
        """
        # Where a document was refused, the file that stands there may be somebody else's.
        ours = {path: body for path, body in made.items() if body is not None}
        refused = len(ours) < len(made)
        files = {path: hashlib.sha256(body).hexdigest() for path, body in ours.items()}
        seen = {path: found for path in ours if (found := publish.described(self.folder, path))}
        # Files of a format that left config.yaml stay noted until ``remove_gone`` has removed them.
        kept = dict(before.files) if before else {}
        self.store.save_emitted(
            name,
            "" if refused else signature,
            kept | files,
            told,
            seen=(dict(before.seen) if before else {}) | seen,
            pieces=pieces,
        )

    def note(self, emissions: Iterable[Emission], now: datetime) -> None:
        """Note what is wrong with files, and take away what is not so any more."""
        noted = self.store.notes().get(LEFT_OUT)
        before = dict(noted.said) if noted is not None else {}
        after = dict(before)
        for one in emissions:
            # Of a file that was not made again, what was noted still holds.
            if one.verdict is not Verdict.SKIPPED:
                after.pop(one.path, None)
            if one.problems:
                after[one.path] = list(one.problems[:MOST_SAID])
        if after != before:
            self.store.note(LEFT_OUT, Note(at=now, said=after) if after else None)

    def remove_gone(self) -> Iterator[Emission]:
        """Remove the files whose output or format left config.yaml, and forget them."""
        for name, path, digest in self.gone():
            if publish.remove(self.folder, path, digest):
                yield Emission(output=name, path=path, verdict=Verdict.REMOVED)
        wanted = self._wanted()
        for name, before in self.store.emitted().items():
            kept = {path: d for path, d in before.files.items() if path in wanted.get(name, ())}
            if name not in wanted:
                self.store.forget_emitted(name)
            elif kept != before.files:
                self.store.save_emitted(name, before.signature, kept, seen=before.seen)

    def gone(self) -> list[tuple[str, str, str]]:
        """Give output, path and hash of the files we wrote whose output or format left config.yaml."""
        everything = set().union(*self._wanted().values())
        return [
            (name, path, digest)
            for name, before in self.store.emitted().items()
            for path, digest in before.files.items()
            if path not in everything
        ]

    def _wanted(self) -> dict[str, set[str]]:
        wanted = {output.name: set(paths(output)) for output in self.config.outputs}
        wanted[SITE] = {SITE_FORMATS[word].file for word in self.config.site.formats}
        return wanted
