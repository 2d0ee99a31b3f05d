from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.normalize.dateline import begun, dateline
from feeds.normalize.dates import w3cdtf

ZURICH = ZoneInfo("Europe/Zurich")


@pytest.mark.parametrize(
    ("head", "day"),
    [
        ("Zürich, 27. Dezember 2025 (dpa) – ", "2025-12-27"),
        ("PARIS, 3 mars 2026 (AFP) - ", "2026-03-03"),
        ("PARIS, 3 mars (AFP) - ", None),
        ("(ANSA) - ROMA, 3 MAR 2026 - ", "2026-03-03"),
        ("(ANSA) - ROMA, 3 MAR - ", None),
        ("Teruel, 9 abr 2026 (EFE).- ", "2026-04-09"),
        ("Linz (APA) – 1. Jänner 2026 – ", "2026-01-01"),
        ("Plowdiw (SID) - 30. Mai 2026. ", "2026-05-30"),
        ("CUTLER FALLS, Wis. (AP) — January 22, 2026 — ", "2026-01-22"),
        ("LONDON, Feb 11, 2026 (Reuters) - ", "2026-02-11"),
        ("BRUSSEL 12 maart 2026 (BELGA) - ", "2026-03-12"),
        ("Coimbra, 19 jan 2026 (Lusa) – ", "2026-01-19"),
        ("FRANKFURT AM MAIN (dpa-AFX) - ", None),
        ("New York/Washington (Reuters) - ", None),
        ("Hamburg, 11.03.2026 - ", "2026-03-11"),
        ("Berlin, 3. März 2026: ", "2026-03-03"),
        ("DAYTON SPRINGS — ", None),
    ],
)
def test_a_dateline_is_parted_from_the_text_and_may_tell_the_day(head: str, day: str | None) -> None:
    rest, moment = begun(f"{head}The text – it goes on.", ZURICH)
    assert rest == "The text – it goes on."
    assert (w3cdtf(moment) if moment else None) == day


@pytest.mark.parametrize(
    "text",
    [
        *("", "Es schneit.", "Der Bundesrat (SDA) hat - wie immer - recht.", "NATO — what now?"),
        *("Kim Jong Un – ein Porträt", "Am 3. März 2026 - einem Montag - kam er.", "Die Zahl 3 - und 4 - x"),
        *(
            "Das Wetter - morgen 3 Grad - bleibt so.",
            "Ein Buch (Roman) - 300 Seiten - ist da.",
            "BERN (sda) - ",
        ),
    ],
)
def test_other_beginnings_stay(text: str) -> None:
    assert dateline(text, ZURICH) is None
    assert begun(text, ZURICH) == (text, None)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=150) | st.text("AaBb (dpa),.-–: 0123 März", max_size=150))
def test_what_is_parted_is_a_beginning(text: str) -> None:
    rest, _ = begun(text, ZURICH)
    assert rest is not None
    assert text.endswith(rest)
