"""``each``: one output of config.yaml, written once, makes one for each tag or source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from feeds.config.names import PLACES, made, tag_name
from feeds.config.problems import Mistake
from feeds.config.schema import Config, MadeOutput, Output, Source


def expand(config: Config) -> tuple[tuple[Output, ...], tuple[Mistake, ...]]:
    """Give the outputs of a configuration as they are published, and what is wrong with their names.

    Those of an ``each`` stand where it stands: of tags by the alphabet, of sources in the file's order.
    """
    outputs: list[Output] = []
    mistakes: list[Mistake] = []
    taken: dict[str, tuple[int, Output]] = {}
    for index, output in enumerate(config.outputs):
        place = ("outputs", index, "name")
        problem = _misplaced(output)
        if problem is not None:
            mistakes.append(Mistake(place=place, message=problem))
            continue
        for one in (output,) if output.each is None else _made(config, output):
            first, other = taken.setdefault(one.name.casefold(), (index, one))
            if other is one:
                outputs.append(one)
            # Two that are written with one name are found before.
            elif isinstance(one, MadeOutput) or isinstance(other, MadeOutput):
                whose = f"the {output.each} {one.of!r}" if isinstance(one, MadeOutput) else "this output"
                message = f"expected names of their own, found {one.name!r} for {whose}"
                mistakes.append(Mistake(place=place, message=f"{message}, which outputs[{first}] has"))
    return tuple(outputs), tuple(mistakes)


def _misplaced(output: Output) -> str | None:
    """Say what is wrong with the places in an output's name."""
    for word, place in PLACES.items():
        if output.each == word and place not in output.name:
            return f"expected {place} in the name of an output for each {word}, found {output.name!r}"
        if output.each != word and place in output.name:
            return f"expected each: {word} beside it, found {place} in the name"
    return None


def _made(config: Config, output: Output) -> Iterator[MadeOutput]:
    members = config.members(output)
    values = {key: getattr(output, key) for key in Output.model_fields}
    groups: Mapping[str, Sequence[Source]]
    if output.each == "tag":
        groups = _by_tag(members, frozenset(output.from_.tags))
    else:
        groups = {source.name: (source,) for source in members}
    for word, sources in groups.items():
        name = made(output.name, PLACES[output.each or ""], tag_name(word) if output.each == "tag" else word)
        told = {**values, "name": name, "block": output.name, "by": output.each}
        told |= {"of": word, "label": word, "taken": tuple(sources)}
        # Nothing is left to check, and there may be as many outputs as sources.
        yield MadeOutput.model_construct(set(output.model_fields_set), **told)


def _by_tag(sources: Sequence[Source], wanted: frozenset[str]) -> Mapping[str, Sequence[Source]]:
    """Sort sources by their tags: by the wanted ones, or by all if none is."""
    found: dict[str, list[Source]] = {}
    for source in sources:
        for tag in dict.fromkeys(source.tags):
            if tag in wanted or not wanted:
                found.setdefault(tag, []).append(source)
    return {tag: found[tag] for tag in sorted(found, key=lambda tag: (tag.casefold(), tag))}
