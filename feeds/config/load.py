"""Read config.yaml and what it includes: files -> plain values -> one check of everything -> ``Config``.

All mistakes are collected over all files and stages before one ``ConfigError`` tells them together. Only when
there is one are the files read a second time, for positions.
"""

from __future__ import annotations

import glob
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from feeds.config import crosscheck
from feeds.config.each import expand
from feeds.config.json_schema import schema_json
from feeds.config.names import name_of_path, name_of_url
from feeds.config.problems import Mistake, Part, keys_of, report, unknown_key
from feeds.config.schema import Access, Config, Defaults, Output, Source
from feeds.config.secrets import Expanded, expand_tree, redact, userinfo
from feeds.config.syntax import Place, read
from feeds.errors import ConfigError, Problem

__all__ = ("Draft", "Files", "load", "schema_json", "validate")

ENCODINGS = MappingProxyType({b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"})
INCLUDED = ("sources", "outputs")
FILLED = tuple(Defaults.model_fields)


@dataclass(frozen=True, slots=True)
class Files:
    """Where texts come from: the disk, but for those that an edit is about to write.

    Attributes:
        instead: What to take for the file of that resolved path.
    """

    instead: Mapping[Path, str] = field(default_factory=dict)

    def text(self, path: Path) -> str:
        """Give a file's text without its byte order mark.

        Raises:
            ConfigError: It is missing, unreadable, empty, or not UTF-8.
        """
        given = self.instead.get(path.resolve())
        if given is not None:
            return given.removeprefix("\ufeff")
        try:
            body = path.read_bytes()
        except FileNotFoundError as error:
            raise ConfigError(Problem(file=str(path), message="expected a file, found none")) from error
        except OSError as error:
            message = f"expected a readable file, found {error.strerror or type(error).__name__}"
            raise ConfigError(Problem(file=str(path), message=message)) from error
        return self.decoded(path, body)

    def decoded(self, path: Path, body: bytes) -> str:
        for mark, encoding in ENCODINGS.items():
            if body.startswith(mark):
                message = f"expected UTF-8, found {encoding}; save the file as UTF-8"
                raise ConfigError(Problem(file=str(path), line=1, column=1, message=message))
        try:
            return body.decode("utf-8").removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            before = body[: error.start].decode("utf-8")
            line, column = before.count("\n") + 1, error.start and len(before.rpartition("\n")[2])
            message = f"expected UTF-8, found the byte 0x{body[error.start]:02X}; save the file as UTF-8"
            raise ConfigError(
                Problem(file=str(path), line=line, column=column + 1, message=message)
            ) from error


@dataclass(slots=True)
class Draft:
    """What the files say before it is checked.

    Attributes:
        path: config.yaml. parts: The files, config.yaml first. files: Their absolute paths.
        raw: Plain values of all files together; ``sources`` and ``outputs`` always are lists.
        problems: Found while reading, with places. mistakes: Found in the values, without.
        secrets: What came from the environment.
        outputs_given: Whether a file has a list of outputs.
        readable: Whether config.yaml gave values to check. complete: Whether all files did.
        lenient: Whether ``${NAME}`` stays as it is, so that such values cannot be checked.
        own_keys, source_keys, output_keys: The words of config.yaml for itself, a source, an output.
        internal_keys: What ``load`` fills in a source. references: Whether any ``${`` stands in the files.
    """

    path: Path
    parts: list[Part] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=lambda: {"sources": [], "outputs": []})
    problems: list[Problem] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    outputs_given: bool = False
    readable: bool = False
    complete: bool = True
    lenient: bool = False
    references: bool = False
    own_keys: frozenset[str] = field(default_factory=lambda: frozenset(keys_of(Config)))
    source_keys: frozenset[str] = field(default_factory=lambda: frozenset(keys_of(Source)))
    output_keys: frozenset[str] = field(default_factory=lambda: frozenset(keys_of(Output)))
    internal_keys: frozenset[str] = frozenset(
        key for key, item in Source.model_fields.items() if item.exclude
    )

    def wrong(self, place: Place, message: str, *, at_key: bool = False) -> None:
        self.mistakes.append(Mistake(place=place, message=message, at_key=at_key))


def take(draft: Draft, path: Path, files: Files, environ: Mapping[str, str] | None) -> dict[str, Any]:
    """Read one file into the draft; give what it says beside sources and outputs."""
    try:
        text = files.text(path)
    except ConfigError as error:
        draft.problems += error.problems
        draft.complete = False
        return {}
    part = Part(str(path), text, len(draft.raw["sources"]), len(draft.raw["outputs"]))
    draft.parts.append(part)
    draft.files.append(path.absolute())
    value, faults = read(text)
    draft.problems += [part.fault(fault) for fault in faults]
    if value is None:
        if not faults:
            message = "expected sources (a list of addresses is enough), found an empty file"
            draft.problems.append(Problem(file=str(path), line=1, column=1, message=message))
        draft.complete = False
        return {}
    if not isinstance(value, dict | list):
        message = "expected a list of addresses or a mapping with the key sources, found a single text"
        draft.problems.append(Problem(file=str(path), line=1, column=1, message=message))
        draft.complete = False
        return {}
    values: dict[str, Any] = {"sources": value} if isinstance(value, list) else dict(value)
    offsets = {"sources": part.sources, "outputs": part.outputs}
    if "${" in text:
        draft.references = True
        values = expanded(draft, values, offsets, environ)
    for key in INCLUDED:
        items = values.pop(key, None)
        if isinstance(items, list):
            draft.raw[key] += items
            draft.outputs_given |= key == "outputs"
        elif items is not None:
            found = "a mapping" if isinstance(items, dict) else repr(items)
            draft.problems.append(
                part.problem(Mistake(place=(key,), message=f"expected a list, found {found}"))
            )
    return values


def expanded(
    draft: Draft, values: dict[str, Any], offsets: Mapping[str, int], environ: Mapping[str, str] | None
) -> dict[str, Any]:
    """Replace the references in the values of one file; the sources that had some remember how they were."""

    def wrong(place: Place, message: str) -> None:
        if len(place) > 1 and place[0] in offsets and isinstance(place[1], int):
            place = (place[0], place[1] + offsets[str(place[0])], *place[2:])
        draft.wrong(place, message)

    result = expand_tree(values, environ, draft.secrets, wrong)
    return result if isinstance(result, dict) else values


def gather(path: Path, environ: Mapping[str, str] | None, files: Files) -> Draft:
    """Read config.yaml and all that it includes."""
    draft = Draft(path, lenient=environ is None)
    values = take(draft, path, files, environ)
    draft.readable = draft.complete
    include = values.get("include") or []
    for index, pattern in enumerate(include if isinstance(include, list) else [include]):
        if not isinstance(pattern, str) or not pattern.strip():
            continue
        found = sorted(glob.glob(str(path.parent / pattern), recursive=True))  # noqa: PTH207  # absolute patterns too
        if not found and not glob.has_magic(pattern):
            draft.wrong(("include", index), f"expected a file, found none at {pattern!r}")
        for name in found:
            included = Path(name)
            if included.absolute() in draft.files or included.resolve() == path.resolve():
                continue
            for key in take(draft, included, files, environ):
                part = draft.parts[-1]
                hint = "; this key is for the first file only" if key in draft.own_keys else ""
                message = f"expected one of {', '.join(INCLUDED)}, found {key!r}{hint}"
                draft.problems.append(part.problem(Mistake(place=(key,), message=message, at_key=True)))
    for key in values:
        if key not in draft.own_keys:
            draft.mistakes.append(unknown_key((), key))
    draft.raw |= {key: value for key, value in values.items() if key in draft.own_keys and value is not None}
    return draft


def written_text(value: object) -> str | None:
    """Give a text as it stands in the file; None if it is none."""
    if isinstance(value, Expanded):
        return value.written
    return value if isinstance(value, str) and value else None


def derived_name(item: Mapping[str, Any]) -> str | None:
    url, path = written_text(item.get("url")), written_text(item.get("path"))
    return name_of_url(url.strip()) if url else name_of_path(path.strip()) if path else None


def as_written(value: object) -> Any:
    """Give plain values with ``${NAME}`` unexpanded."""
    if isinstance(value, dict):
        return {key: as_written(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_written(item) for item in value]
    return value.written if isinstance(value, Expanded) else value


def has_expanded(value: object) -> bool:
    if isinstance(value, dict):
        return any(has_expanded(item) for item in value.values())
    if isinstance(value, list):
        return any(has_expanded(item) for item in value)
    return isinstance(value, Expanded)


def source_of(item: object, draft: Draft, place: Place) -> object:
    """Bring one item of the list into the long form, with a name."""
    if isinstance(item, str):
        item = {"url": item}
    if not isinstance(item, dict):
        return item
    internal = draft.internal_keys
    for key in sorted(internal & item.keys()):
        draft.mistakes.append(unknown_key(place, key))
    # A key without value says nothing; but a word that is no key is wrong even so.
    source = {
        key: value
        for key, value in item.items()
        if (value is not None or key not in draft.source_keys) and key not in internal
    }
    if "name" not in source and (name := derived_name(source)) is not None:
        source["name"] = name
    return source


def filled(source: Source, item: Mapping[str, Any], defaults: Mapping[str, Any], draft: Draft) -> Source:
    """Give the source with what it did not say itself."""
    more = {key: value for key, value in defaults.items() if key not in source.model_fields_set}
    url = item.get("url")
    login = userinfo(source.url) if source.url else ()
    if login or (isinstance(url, Expanded) and url.secret):
        more["private"] = True
        draft.secrets.update(login)
    if source.fetch != Access():
        draft.secrets.update(source.fetch.secrets())
        draft.secrets.update(userinfo(source.fetch.proxy or ""))
        folder = draft.path.absolute().parent
        files = {
            key: folder / place
            for key in ("certificate", "verify")
            if isinstance(place := getattr(source.fetch, key), Path)
        }
        more["fetch"] = source.fetch.model_copy(update=files)
    if draft.references and has_expanded(item):
        more["written"] = as_written(item)
    return source.model_copy(update=more) if more else source


def assemble(draft: Draft) -> Config | None:
    """Check all values; give the configuration, or None with the mistakes noted in the draft."""
    raw = draft.raw
    sources = [source_of(item, draft, ("sources", index)) for index, item in enumerate(raw["sources"])]
    outputs = [
        {key: value for key, value in item.items() if value is not None or key not in draft.output_keys}
        if isinstance(item, dict)
        else item
        for item in raw["outputs"]
    ]
    known = draft.complete and not (draft.lenient and crosscheck.unsaid((*sources, *outputs)))
    draft.mistakes += crosscheck.mistakes(sources, raw["sources"], outputs, draft.parts, known=known)
    whole = {
        **raw,
        "sources": sources,
        "outputs": outputs,
        "path": draft.path.absolute(),
        "files": tuple(draft.files),
    }
    if not draft.outputs_given:
        del whole["outputs"]
    for key in ("site", "fetch", "defaults"):
        if isinstance(section := whole.get(key), dict):
            whole[key] = {name: value for name, value in section.items() if value is not None}
    errors = []
    try:
        config = Config.model_validate(whole)
    except ValidationError as error:
        config, errors = None, error.errors(include_url=False)
    if config is not None:
        defaults = {
            key: getattr(config.defaults, key) for key in FILLED if key in config.defaults.model_fields_set
        }
        complete = tuple(
            filled(source, item if isinstance(item, dict) else {}, defaults, draft)
            for source, item in zip(config.sources, sources, strict=True)
        )
        draft.mistakes += crosscheck.bounds(complete)
        # A base_url from the environment that is not known here is not missing.
        given = whole.get("site") or {}
        if not (isinstance(given, dict) and given.get("base_url")):
            draft.mistakes += crosscheck.archives(config.outputs, config.site.base_url)
        update = {"sources": complete, "secrets": frozenset(draft.secrets)}
        config = config.model_copy(update=update)
        expanded_outputs, misnamed = expand(config)
        draft.mistakes += misnamed
        config = config.model_copy(update={"outputs": expanded_outputs})
    if draft.lenient:
        errors = [error for error in errors if not isinstance(error["input"], Expanded)]
    if draft.mistakes or errors:
        draft.problems += report(draft.parts, draft.mistakes, errors, draft.problems)
    return config


def validate(
    path: Path, environ: Mapping[str, str] | None, files: Files | None = None
) -> tuple[Config | None, tuple[Problem, ...]]:
    """Read config.yaml and say all that is wrong with it.

    Args:
        path: The file as the operator named it.
        environ: The environment; None leaves ``${NAME}`` as it is, and mistakes in such values unsaid.
        files: Where texts come from.

    Returns:
        The configuration, None if there is none; the problems in the order of the files and lines.
    """
    draft = gather(path, environ, files or Files())
    config = assemble(draft) if draft.readable else None
    # No message shows a value that came from the environment; should one do so by mistake, this hides it.
    redacted = (replace(item, message=redact(item.message, draft.secrets)) for item in draft.problems)
    order = {part.file: index for index, part in enumerate(draft.parts)}
    problems = tuple(
        sorted(
            dict.fromkeys(redacted),
            key=lambda item: (order.get(item.file, 0), item.line or 0, item.column or 0),
        )
    )
    return (None if problems else config), problems


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """Read config.yaml.

    Args:
        path: The file; paths and globs in it are relative to its folder.
        environ: Where ``${NAME}`` is looked up.

    Raises:
        ConfigError: With every problem of every file.
    """
    config, problems = validate(path, environ)
    if config is None:
        raise ConfigError(*problems)
    return config
