"""``feeds plan``: what publishing would change, and by which rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from types import MappingProxyType

from feeds.cli.plain import count
from feeds.cli.session import Mistaken, Session, now
from feeds.cli.show import STRONG, Screen
from feeds.cli.work.loading import configuration
from feeds.cli.work.opening import exists, opened
from feeds.pipeline import Emitter, Plan, Sign, Verdict, plan

CHANGES = 3
"""Exit status of ``--exit-code`` where something would change."""
VERBS = MappingProxyType(
    {Sign.ADDED: "added", Sign.REMOVED: "removed", Sign.CHANGED: "changed", Sign.MOVED: "moved"}
)


def show(session: Session, *, names: tuple[str, ...], exit_code: bool, as_json: bool) -> int:
    """Show what would change; give the exit status."""
    config = configuration(session)
    known = [output.name for output in config.outputs]
    for name in names:
        if name not in known:
            raise Mistaken(
                f"there is no output {name!r}; there {'are' if known else 'is'} {', '.join(known)}"
            )
    if not exists(config):
        raise Mistaken("nothing is remembered yet; `feeds once` polls")
    with closing(opened(config)) as store:
        plans = tuple(plan(Emitter(config, store), now(), names))
    screen = Screen(session)
    if as_json:
        screen.document({"outputs": [document(one) for one in plans]})
    else:
        for one in plans:
            tell(screen, one)
        if all(one.idle for one in plans) and (screen.terminal or session.verbose):
            screen.line("Nothing would change.")
    return CHANGES if exit_code and not all(one.idle for one in plans) else 0


def document(one: Plan) -> dict[str, object]:
    return {
        "output": one.output or None,
        "files": [{"path": path, "verdict": verdict} for path, verdict in one.files],
        "problems": one.problems,
        "settings": one.settings,
        "closed_pages_staying": one.staying,
        "changes": [
            {
                "sign": change.sign,
                "source": change.source,
                "id": change.id,
                "title": change.title,
                "page": change.page,
                "rule": change.rule,
            }
            for change in one.changes
        ],
    }


def tell(screen: Screen, one: Plan) -> None:
    if one.idle:
        return
    screen.line(f"{one.output or 'the site'}: {summed(one)}", STRONG)
    for line in lines(one):
        screen.line(f"  {line}")


def summed(one: Plan) -> str:
    signs = Counter(change.sign for change in one.changes)
    entries = [f"{signs[sign]} {verb}" for sign, verb in VERBS.items() if signs[sign]]
    verdicts = Counter(verdict for _, verdict in one.files if verdict is not Verdict.UNCHANGED)
    files = [f"{count(number, 'file')} {verdict}" for verdict, number in verdicts.items()]
    return ", ".join(entries + files)


def lines(one: Plan) -> Iterator[str]:
    yield from (f"~ {line}" for line in one.settings)
    if one.settings and one.staying:
        yield f"  ({count(one.staying, 'closed page')} of the archive stay as they are)"
    for change in one.changes:
        title = change.title or "(no title)"
        yield f"{change.sign} {change.source}: {title} <{change.id}>: {change.rule}"
    yield from (f"! {problem}" for problem in one.problems)
