"""Edits of config.yaml that keep comments, order, quotes and line ends; the only file here that writes.

An edit changes the text only where it must (``splice``), is checked to mean exactly what was asked, is loaded
as a whole, and only then takes the place of the old file in one step.
"""

from __future__ import annotations

import copy
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feeds.config import splice
from feeds.config.load import Draft, Files, derived_name, gather, validate
from feeds.config.problems import suggest
from feeds.config.splice import CannotEdit, Splice
from feeds.config.syntax import Node, read, tree
from feeds.errors import ConfigError, Problem

BOM = "\ufeff"
CHANGED = "expected the file as it was read, found it changed meanwhile; try again"


@dataclass(frozen=True, slots=True)
class Home:
    """A file with sources.

    Attributes:
        path: Where it is. file: What the operator calls it. text: What stands in it.
        items: Its sources as plain values; None if it has no place for any.
    """

    path: Path
    file: str
    text: str
    items: list[Any] | None

    def names(self) -> list[str | None]:
        return [name_of(item) for item in self.items or ()]


def name_of(item: object) -> str | None:
    """Give the name that a source has, or that is made from its address."""
    source = {"url": item} if isinstance(item, str) else item
    if not isinstance(source, dict):
        return None
    name = source.get("name")
    return name.strip() if isinstance(name, str) else derived_name(source)


def failure(file: str | Path, message: str) -> ConfigError:
    return ConfigError(Problem(file=str(file), message=message))


def homes(draft: Draft) -> list[Home]:
    """Give the files of a configuration, config.yaml first.

    Raises:
        ConfigError: They cannot be read.
    """
    if draft.problems:
        raise ConfigError(*draft.problems)
    found = []
    for path, part in zip(draft.files, draft.parts, strict=True):
        value, _ = read(part.text)
        items = value if isinstance(value, list) else None
        if isinstance(value, dict) and "sources" in value:
            items = value["sources"] if isinstance(value["sources"], list) else []
        found.append(Home(path, part.file, part.text, items))
    return found


def with_items(text: str, items: list[Any]) -> object:
    """Give the plain values that a text shall have after an edit of its sources."""
    value, _ = read(text)
    return {**value, "sources": items} if isinstance(value, dict) else items


def meaning(value: object) -> object:
    """Make alike what means the same: no sources, an empty list of them, and no value."""
    if isinstance(value, dict):
        sources = value.get("sources")
        return {key: item for key, item in value.items() if key != "sources"} | (
            {"sources": sources} if sources else {}
        )
    return value or []


def put_in_place(path: Path, before: bytes, after: bytes) -> None:
    """Exchange a file's content in one step, keeping its permissions, and the link if it is one.

    Raises:
        ConfigError: It could not be written, or was changed by someone else; then it is as it was.
    """
    real = path.resolve()
    temporary: Path | None = None
    try:
        if real.read_bytes() != before:
            raise failure(path, CHANGED)
        status = real.stat()
        handle, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.", suffix=".tmp")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(after)
            file.flush()
            os.fchmod(file.fileno(), stat.S_IMODE(status.st_mode))
            # Only root may give files away; for others it is theirs already, or becomes so.
            with suppress(PermissionError):
                os.fchown(file.fileno(), status.st_uid, status.st_gid)
            os.fsync(file.fileno())
        temporary.replace(real)
        temporary = None
        folder = os.open(real.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise failure(path, f"expected a file that can be written, found: {reason}") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write(
    config: Path, home: Home, splices: Iterable[Splice], wanted: object, environ: Mapping[str, str] | None
) -> None:
    """Check an edit and put it in place.

    Args:
        config: config.yaml, through which the edited file is loaded.
        home: The file to edit.
        splices: The changes to its text.
        wanted: The plain values that it shall have then.
        environ: The environment for the check; None if it is not that of the runs.

    Raises:
        ConfigError: The result would not load, or would mean something else; the file is as it was.
    """
    try:
        text = splice.applied(home.text, splices)
    except CannotEdit as error:
        raise failure(home.file, f"{error}; edit it by hand") from error
    value, faults = read(text)
    if not faults and meaning(value) != meaning(wanted):
        raise failure(home.file, "the file is written in a way that cannot be edited safely; edit it by hand")
    _, problems = validate(config, environ, Files({home.path.resolve(): text}))
    if problems:
        raise ConfigError(*problems)
    try:
        before = home.path.read_bytes()
    except OSError as error:
        raise failure(home.file, f"expected a readable file, found {error.strerror}") from error
    if Files().text(home.path) != home.text:
        raise failure(home.file, CHANGED)
    mark = BOM if before.startswith(BOM.encode()) else ""
    put_in_place(home.path, before, (mark + text).encode())


def add_sources(
    path: Path, sources: Sequence[Mapping[str, Any]], environ: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Add sources behind the last one.

    Args:
        path: config.yaml. Where it has no list of sources but an included file has, they go there.
        sources: Plain values in the words of config.yaml, ``${NAME}`` unexpanded; with ``url`` or ``path``.
        environ: The environment for the check; None leaves ``${NAME}`` unchecked.

    Returns:
        Their names.

    Raises:
        ConfigError: The result would not load; nothing is written.
    """
    new = [dict(source) for source in sources]
    if not new:
        return ()
    text = Files().text(path)
    empty = [Home(path.absolute(), str(path), text, None)]
    found = empty if read(text) == (None, ()) else homes(gather(path, None, Files()))
    home = next((home for home in found if home.items is not None), found[0])
    items = [*(home.items or []), *(splice.short(source) for source in new)]
    try:
        splices = splice.append(home.text, tree(home.text), new)
    except CannotEdit as error:
        raise failure(home.file, f"{error}; edit it by hand") from error
    write(path, home, splices, with_items(home.text, items), environ)
    return tuple(name_of(source) or "" for source in new)


def add_source(path: Path, source: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> str:
    """Add one source, as ``add_sources`` does; give its name."""
    return add_sources(path, [source], environ)[0]


def locate(path: Path, name: str) -> tuple[Home, int]:
    """Find the file that a source stands in, and its number there.

    Raises:
        ConfigError: There is no source of that name.
    """
    found = homes(gather(path, None, Files()))
    known = [(home, index, given) for home in found for index, given in enumerate(home.names())]
    for home, index, given in known:
        if given is not None and given.casefold() == name.casefold():
            return home, index
    hint = suggest(name, [given for _, _, given in known if given])
    raise failure(path, f"expected the name of a source, found {name!r}{hint}")


@dataclass(frozen=True, slots=True)
class Target:
    """A source that is to be edited.

    Attributes:
        text: The file. root: Its nodes. index: The source's number in it.
        items: The file's sources as plain values: a copy, which the edit turns into what is wanted.
    """

    text: str
    root: Node
    index: int
    items: list[Any]

    @property
    def item(self) -> Any:
        return self.items[self.index]

    def node(self) -> Node:
        pair = self.root.get("sources")
        node = (pair[1] if pair else self.root).real.children[self.index]
        if node.target:
            raise CannotEdit("the source is an alias of another place")
        return node

    def with_key(self, key: str, value: Any) -> list[Splice]:
        """Give a key of the source a value."""
        node, item = self.node(), self.item
        if isinstance(item, str):
            self.items[self.index] = {"url": item, key: value}
            return splice.widened(self.text, node, key, value)
        if item.get(key) == value:
            return []
        item[key] = value
        return splice.set_key(self.text, node, key, value)

    def without_key(self, key: str) -> list[Splice]:
        """Take a key out of the source."""
        node, item = self.node(), self.item
        if isinstance(item, str) or key not in item:
            return []
        del item[key]
        if node.flow and item.keys() == {"url"}:
            self.items[self.index] = item["url"]
        return splice.drop_key(self.text, node, key)


def change(
    path: Path, name: str, environ: Mapping[str, str] | None, make: Callable[[Target], list[Splice]]
) -> None:
    """Change the file in which a source stands.

    Args:
        path: config.yaml.
        name: The source.
        environ: As for ``add_sources``.
        make: Gives the changes to the text (none: nothing is written).
    """
    home, index = locate(path, name)
    items = copy.deepcopy(home.items or [])
    root = tree(home.text)
    if root is None:
        raise failure(home.file, "expected sources, found an empty file")
    try:
        splices = make(Target(home.text, root, index, items))
    except CannotEdit as error:
        raise failure(home.file, f"{error}; edit it by hand") from error
    if splices:
        write(path, home, splices, with_items(home.text, items), environ)


def remove_source(path: Path, name: str, environ: Mapping[str, str] | None = None) -> None:
    """Take a source out; comments above it stay, those on its lines go with it.

    Raises:
        ConfigError: It is unknown, or the result would not load (an output names it); nothing is written.
    """

    def make(target: Target) -> list[Splice]:
        del target.items[target.index]
        return splice.remove(target.text, target.root, target.index)

    change(path, name, environ, make)


def set_paused(path: Path, name: str, paused: bool, environ: Mapping[str, str] | None = None) -> None:
    """Pause a source, or resume it: ``paused`` then is taken out.

    Raises:
        ConfigError: It is unknown, or the file cannot be edited.
    """

    def make(target: Target) -> list[Splice]:
        return target.with_key("paused", value=True) if paused else target.without_key("paused")

    change(path, name, environ, make)


def set_address(path: Path, name: str, url: str, environ: Mapping[str, str] | None = None) -> None:
    """Give a source another address. It keeps its name, which is written down where the address made it.

    Raises:
        ConfigError: It is unknown, the file cannot be edited, or another source has that address.
    """

    def make(target: Target) -> list[Splice]:
        item = target.item
        kept = name_of(item)
        named = name_of({"url": url}) == kept
        if isinstance(item, str):
            node = target.node()
            target.items[target.index] = url if named else {"url": url, "name": kept}
            address = splice.written(url, flow=False) if named else splice.written(url)
            words = address if named else f"{{url: {address}, name: {splice.written(kept)}}}"
            return [Splice(node.start, node.end, words)]
        written_down = named or "name" in item
        splices = [] if written_down else target.with_key("name", kept)
        return [*target.with_key("url", url), *splices]

    change(path, name, environ, make)


def set_tags(
    path: Path,
    name: str,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
    environ: Mapping[str, str] | None = None,
) -> None:
    """Add tags to a source and take others from it; to take one that it does not have is no mistake.

    Raises:
        ConfigError: The source is unknown, or the result would not load (an output wants the tag).
    """
    wanted, unwanted = list(dict.fromkeys(add)), set(remove)

    def make(target: Target) -> list[Splice]:
        item = target.item
        given = item.get("tags") if isinstance(item, dict) else None
        before = [given] if isinstance(given, str) else list(given or ())
        after = [tag for tag in before if tag not in unwanted]
        after += [tag for tag in wanted if tag not in after]
        if after == before:
            return []
        if not after:
            return target.without_key("tags")
        pair = target.node().get("tags")
        if pair is None or pair[1].kind == "scalar":
            return target.with_key("tags", after)
        item["tags"] = after
        return tag_splices(target.text, pair[1], before, after)

    change(path, name, environ, make)


def tag_splices(text: str, items: Node, before: list[Any], after: list[Any]) -> list[Splice]:
    """Change a list of tags item by item, so that quotes and comments of the others stay."""
    if items.target:
        raise CannotEdit("tags is an alias of another place")
    gone = [index for index, tag in enumerate(before) if tag not in after]
    new = [tag for tag in after if tag not in before]
    if items.flow:
        if len(gone) == 1 and not new:
            groups = [(item, item) for item in items.children]
            return [splice.out_of_flow(text, items, groups, gone[0])]
        if gone or not items.children:
            return [Splice(items.start, items.end, splice.written(after))]
        return [splice.into_flow(text, items, ", ".join(map(splice.written, new)))]
    at = splice.dash(text, items, 0)
    indent = text[splice.line_start(text, at) : at]
    splices = [splice.extent(text, splice.dash(text, items, index), items.children[index]) for index in gone]
    if new:
        lines = [f"{indent}- {splice.written(tag, flow=False)}" for tag in new]
        splices.append(splice.below(text, items, lines))
    return splices
