"""What comes from the environment: ``${NAME}`` in texts, and keeping it out of everything that is shown."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

REFERENCE = re.compile(
    r"\$\$(?=\{)|\$\{(?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}|(?P<broken>))"
)
USERINFO = re.compile(r"(?<=//)[^/?#@\s'\"]*@")
SHORT = 4
"""Shorter secrets are hidden only where they stand alone: hiding every "de" would make logs unreadable."""
HIDDEN = "***"


class Expanded(str):
    """A text from config.yaml after its references were replaced. It does not show itself.

    Attributes:
        written: As it stands in the file, which may be shown.
        secret: Whether anything in it came from the environment; false if only defaults were used.
    """

    __slots__ = ("secret", "written")
    written: str
    secret: bool

    def __repr__(self) -> str:
        return repr(self.written)


def has_reference(text: str) -> bool:
    """Say whether the text holds a ``${...}`` that would be replaced."""
    return any(match[0] != "$$" for match in REFERENCE.finditer(text))


def escape(text: str) -> str:
    """Write a text so that reading it replaces nothing: ``${`` becomes ``$${``."""
    return re.sub(r"\$(?=\{)", "$$", text)


def lookup(name: str, environ: Mapping[str, str]) -> str | None:
    """Find a variable, or the file that NAME_FILE names (as container platforms hand out secrets).

    Returns:
        None if neither is set.

    Raises:
        OSError: The file cannot be read. UnicodeDecodeError: it is no text.
    """
    if name in environ:
        return environ[name]
    file = environ.get(f"{name}_FILE")
    return Path(file).read_text("utf-8").strip() if file else None


def looked_up(
    match: re.Match[str], environ: Mapping[str, str] | None, wrong: Callable[[str], None]
) -> str | None:
    """Find what a reference stands for.

    Returns:
        "" for a variable that is not set but has a default; None if the reference stays as it is.
    """
    name = match["name"]
    if name is None:
        wrong("expected ${NAME} or ${NAME:-default} (or $${ for a literal ${), found a ${ that is neither")
        return None
    if environ is None:
        return None
    try:
        found = lookup(name, environ)
    except (OSError, UnicodeDecodeError) as error:
        wrong(f"expected a readable file in the environment variable {name}_FILE: {type(error).__name__}")
        return None
    if found is None and match["default"] is None:
        wrong(f"expected the environment variable {name} to be set; ${{{name}:-default}} gives a default")
        return None
    return found or ""


def expand(
    text: str, environ: Mapping[str, str] | None, secrets: set[str], wrong: Callable[[str], None]
) -> str:
    """Replace the references in one text.

    Args:
        text: As written; the caller has looked for a ``${`` first.
        environ: The environment; None keeps references as they are (the file is being checked elsewhere than
            where it will run).
        secrets: Collects what came from the environment.
        wrong: Is told each problem, in words that hold no value.

    Returns:
        An ``Expanded``, or the text itself if nothing in it was a reference.
    """
    secret = False

    def value(match: re.Match[str]) -> str:
        nonlocal secret
        if match[0] == "$$":
            return "$"
        found = looked_up(match, environ, wrong)
        if found is None:
            secret = True
            return match[0]
        if not found and match["default"] is not None:
            return match["default"]
        secret = True
        if found:
            secrets.add(found)
        return found

    result = Expanded(REFERENCE.sub(value, text))
    result.written, result.secret = text, secret
    return result


def expand_tree(
    value: object,
    environ: Mapping[str, str] | None,
    secrets: set[str],
    wrong: Callable[[tuple[str | int, ...], str], None],
    place: tuple[str | int, ...] = (),
) -> object:
    """Replace the references in every text of plain values; lists and mappings are copied."""
    if isinstance(value, str):
        if "${" not in value:
            return value
        return expand(value, environ, secrets, lambda message: wrong(place, message))
    if isinstance(value, list):
        return [
            expand_tree(item, environ, secrets, wrong, (*place, index)) for index, item in enumerate(value)
        ]
    if isinstance(value, dict):
        return {key: expand_tree(item, environ, secrets, wrong, (*place, key)) for key, item in value.items()}
    return value


def userinfo(url: str) -> tuple[str, ...]:
    """Give what in an address is a login and must not be shown: the password as written and decoded."""
    if "@" not in url:
        return ()
    try:
        parts = urlsplit(url)
    except ValueError:
        return ()
    login = parts.netloc.rpartition("@")[0]
    password = login.partition(":")[2] or login
    return tuple(dict.fromkeys(text for text in (password, unquote(password)) if text))


def without_userinfo(text: str) -> str:
    """Give the text with the logins in its addresses hidden."""
    return USERINFO.sub(f"{HIDDEN}@", text) if "@" in text else text


def spellings(char: str) -> str:
    """Make the pattern of all ways to write a character of a secret: plain, in a URL, in HTML, in JSON."""
    if char.isascii() and char.isalnum():
        return char
    ways = {char, html.escape(char), "&#39;" if char == "'" else char, f"\\{char}"}
    ways |= {repr(char)[1:-1], json.dumps(char)[1:-1]} | ({"+"} if char == " " else set())
    percent = quote(char.encode("utf-8", "surrogatepass"), safe="")
    if not percent.startswith("%"):
        percent = f"%{ord(char):02X}"
    plain = "|".join(re.escape(way) for way in sorted(ways, key=lambda way: (-len(way), way)))
    # The longer spelling first: a % alone would match the beginning of its own %25.
    return f"(?:(?i:{percent})|{plain})"


def redact(text: str, secrets: Collection[str]) -> str:
    """Give the text with every secret, also percent-encoded or escaped, replaced by ``***``.

    A secret shorter than four characters is replaced only where no letter or digit touches it.

    >>> redact("GET https://a.example/?key=s3%2Fcret", {"s3/cret"})
    'GET https://a.example/?key=***'
    """
    for secret in sorted(filter(None, secrets), key=lambda secret: (-len(secret), secret)):
        pattern = "".join(spellings(char) for char in secret)
        if len(secret) < SHORT:
            pattern = rf"(?<![^\W_]){pattern}(?![^\W_])"
        text = re.sub(pattern, HIDDEN, text)
    return text
