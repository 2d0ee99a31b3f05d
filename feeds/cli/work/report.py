"""What is said of a run: to people, to cron, to programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from feeds.cli.plain import ago, count
from feeds.cli.show import BAD, DIM, GOOD, Screen
from feeds.pipeline import Emission, Outcome, Result, Verdict


def refused(emissions: Sequence[Emission]) -> bool:
    return any(emission.verdict is Verdict.REFUSED for emission in emissions)


def report(
    outcomes: Sequence[Outcome], emissions: Sequence[Emission], started: datetime, seconds: float
) -> dict[str, object]:
    """Make the document of ``--json``."""
    return {
        "started": started,
        "seconds": round(seconds, 3),
        "totals": {
            "polled": len(outcomes),
            "failed": sum(outcome.result is Result.FAILED for outcome in outcomes),
            "new": sum(outcome.new for outcome in outcomes),
            "changed": sum(outcome.changed for outcome in outcomes),
            "written": sum(emission.verdict is Verdict.WRITTEN for emission in emissions),
            "refused": sum(emission.verdict is Verdict.REFUSED for emission in emissions),
        },
        "sources": [
            {
                "name": outcome.source,
                "title": outcome.title,
                "result": outcome.result,
                "new": outcome.new,
                "held": outcome.held,
                "changed": outcome.changed,
                "error": outcome.error,
                "due": outcome.due,
            }
            for outcome in outcomes
        ],
        "files": [
            {
                "output": emission.output or None,
                "path": emission.path,
                "verdict": emission.verdict,
                "entries": emission.entries,
                "problems": emission.problems,
            }
            for emission in emissions
        ],
    }


def tell(
    screen: Screen,
    outcomes: Sequence[Outcome],
    emissions: Sequence[Emission],
    started: datetime,
    seconds: float,
    *,
    strict: bool,
) -> None:
    """Say what a run did.

    On a terminal: what is new, what failed, what was written, and a sum. Elsewhere nothing but failures, on
    stderr, so that cron writes no mail about nothing; with -v each source and file, on stdout.
    """
    talkative = screen.session.verbose > 0
    if screen.session.log_json:
        log(screen, outcomes, emissions, talkative=talkative)
        return
    for outcome in outcomes:
        if outcome.result is Result.FAILED:
            say = screen.fail if strict or outcome.surprise else screen.warn
            say(f"{outcome.source}: {outcome.error}{again(outcome, started)}")
        if outcome.held:
            screen.warn(f"{outcome.source}: {dammed(outcome)}")
        if outcome.result is not Result.FAILED and (
            talkative or (screen.terminal and outcome.result is Result.NEW)
        ):
            screen.line(f"{outcome.source}: {brought(outcome)}", GOOD if outcome.new else DIM)
    tell_emissions(screen, emissions)
    if screen.terminal or talkative:
        failed = sum(outcome.result is Result.FAILED for outcome in outcomes)
        new = sum(outcome.new for outcome in outcomes)
        parts = (
            f"{count(len(outcomes), 'source')} polled in {seconds:.1f} s",
            count(new, "new entry"),
            *((f"{failed} failed",) if failed else ()),
            published(emissions),
        )
        screen.line(", ".join(parts), BAD if failed else "")


def tell_emissions(screen: Screen, emissions: Sequence[Emission]) -> None:
    for emission in emissions:
        if emission.verdict is Verdict.REFUSED:
            screen.fail(
                f"{emission.path}: not published, the last good file stays: {'; '.join(emission.problems)}"
            )
        elif emission.problems:
            screen.warn(f"{emission.path}: {'; '.join(emission.problems)}")
        if screen.session.verbose or (
            screen.terminal and emission.verdict in {Verdict.WRITTEN, Verdict.REMOVED}
        ):
            entries = "" if emission.entries is None else f" ({count(emission.entries, 'entry')})"
            screen.line(f"{emission.path}: {emission.verdict}{entries}", DIM)


def log(
    screen: Screen, outcomes: Sequence[Outcome], emissions: Sequence[Emission], *, talkative: bool
) -> None:
    """Say the same as events for programs; all of them only with -v."""
    import structlog

    from feeds.cli import logs

    logs.configure(screen.session)
    logger = structlog.get_logger()
    for outcome in outcomes:
        if outcome.result is Result.FAILED:
            logger.warning("poll failed", source=outcome.source, error=outcome.error)
        elif talkative:
            logger.info(
                "polled",
                source=outcome.source,
                result=str(outcome.result),
                new=outcome.new,
                changed=outcome.changed,
            )
        if outcome.held:
            logger.warning("held back", source=outcome.source, entries=outcome.held)
    for emission in emissions:
        if emission.problems:
            bad = logger.error if emission.verdict is Verdict.REFUSED else logger.warning
            bad("not valid", file=emission.path, problems="; ".join(emission.problems))
        elif talkative:
            logger.info("published", file=emission.path, verdict=str(emission.verdict))


def brought(outcome: Outcome) -> str:
    if outcome.result is not Result.NEW:
        return outcome.result.replace("_", " ")
    parts = (
        f"{outcome.new} new" if outcome.new else "",
        f"{outcome.changed} changed" if outcome.changed else "",
    )
    return ", ".join(part for part in parts if part)


def dammed(outcome: Outcome) -> str:
    """Say that entries were held back, and how they are let through."""
    many = count(outcome.held, "entry")
    return f"{many} came at once that cannot be new, and are held back; feeds release {outcome.source}"


def again(outcome: Outcome, moment: datetime) -> str:
    return f" (next try {ago(outcome.due, moment)})" if outcome.due else ""


def published(emissions: Sequence[Emission]) -> str:
    written = sum(emission.verdict is Verdict.WRITTEN for emission in emissions)
    return f"{count(written, 'file')} written" if written else "no file changed"
