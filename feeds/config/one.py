"""One source that stands in no file yet: what a command line says of it."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError

from feeds.config.problems import translate, written
from feeds.config.schema import Source
from feeds.errors import ConfigError, Problem

HERE = "the command line"


def one_source(told: Mapping[str, object]) -> Source:
    """Make a source of plain values in the words of config.yaml.

    Raises:
        ConfigError: With all that is wrong with them.
    """
    try:
        return Source.model_validate(dict(told))
    except ValidationError as error:
        mistakes = [translate(one, ()) for one in error.errors(include_url=False)]
        problems = (Problem(file=HERE, path=written(one.place), message=one.message) for one in mistakes)
        raise ConfigError(*problems) from error
