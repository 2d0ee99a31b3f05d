"""Month and day names of nine languages, in every form that feeds write them in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from feeds.model import Precision
from feeds.normalize.dates import parse, w3cdtf

ZURICH = ZoneInfo("Europe/Zurich")

# January to December; forms of one month with a slash between them.
MONTH_TABLE = """\
en january/jan february/feb march/mar april/apr may june/jun july/jul august/aug september/sep/sept
   october/oct november/nov december/dec
de januar/jan/jänner/jän februar/feb/feber märz/mär/maerz/mrz april/apr mai juni/jun juli/jul august/aug
   september/sep/sept oktober/okt november/nov dezember/dez
fr janvier/janv/jan février/févr/fév mars avril/avr mai juin juillet/juil/juill août/aout septembre/sept
   octobre/oct novembre/nov décembre/déc
it gennaio/gen/genn febbraio/feb/febbr marzo/mar aprile/apr maggio/mag giugno/giu luglio/lug agosto/ago
   settembre/set/sett ottobre/ott novembre/nov dicembre/dic
es enero/ene febrero/feb marzo/mar abril/abr mayo/may junio/jun julio/jul agosto/ago/agto
   septiembre/sep/sept/setiembre/set octubre/oct noviembre/nov diciembre/dic
pt janeiro/jan fevereiro/fev março/mar abril/abr maio/mai junho/jun julho/jul agosto/ago setembro/set
   outubro/out novembro/nov dezembro/dez
nl januari/jan februari/feb maart/mrt april/apr mei juni/jun juli/jul augustus/aug september/sep/sept
   oktober/okt november/nov december/dec
pl styczeń/stycznia/sty/stycz luty/lutego/lut marzec/marca/mar kwiecień/kwietnia/kwi/kwie maj/maja
   czerwiec/czerwca/cze/czerw lipiec/lipca/lip sierpień/sierpnia/sie/sierp wrzesień/września/wrz
   październik/października/paź/paźdz listopad/listopada/lis/list grudzień/grudnia/gru/grudz
ru январь/января/янв февраль/февраля/фев/февр март/марта/мар апрель/апреля/апр май/мая июнь/июня/июн
   июль/июля/июл август/августа/авг сентябрь/сентября/сен/сент октябрь/октября/окт ноябрь/ноября/ноя/нояб
   декабрь/декабря/дек
"""
# Monday to Sunday.
DAY_TABLE = """\
en monday/mon tuesday/tue/tues wednesday/wed thursday/thu/thurs friday/fri saturday/sat sunday/sun
de montag/mo/mon dienstag/di/die mittwoch/mi/mit donnerstag/do/don freitag/fr/fre samstag/sa/sonnabend
   sonntag/so
fr lundi/lun mardi/mar mercredi/mer jeudi/jeu vendredi/ven samedi/sam dimanche/dim
it lunedì/lun martedì/mar mercoledì/mer giovedì/gio venerdì/ven sabato/sab domenica/dom
es lunes/lun martes/mar miércoles/mié/miér jueves/jue viernes/vie sábado/sáb domingo/dom
pt segunda-feira/seg terça-feira/ter quarta-feira/qua quinta-feira/qui sexta-feira/sex sábado/sáb
   domingo/dom
nl maandag/ma dinsdag/di woensdag/wo donderdag/do vrijdag/vr zaterdag/za zondag/zo
pl poniedziałek/pon/pn wtorek/wt środa/śr czwartek/czw piątek/pt sobota/sob/so niedziela/niedz/nd/ndz
ru понедельник/пн вторник/вт среда/ср четверг/чт пятница/пт суббота/сб воскресенье/вс
"""


def tables(text: str) -> dict[str, list[list[str]]]:
    lines = text.replace("\n   ", " ").splitlines()
    return {line[:2]: [forms.split("/") for forms in line[3:].split()] for line in lines}


MONTHS, DAYS = tables(MONTH_TABLE), tables(DAY_TABLE)


def spellings(tongue: str) -> Iterator[tuple[str, date]]:
    """Every month in each of its forms, with every day of the week, in the orders that are written."""
    for month, forms in enumerate(MONTHS[tongue], 1):
        for number, form in enumerate(forms):
            for weekday in range(7):
                day = date(2026, month, 4) + timedelta(days=weekday + 7 * (number % 3))
                called = DAYS[tongue][day.weekday()][(month + number) % len(DAYS[tongue][day.weekday()])]
                for word in (form, form.upper(), form.capitalize(), f"{form}."):
                    yield f"{day.day} {word} {day.year}", day
                    yield f"{day.day}. {word} {day.year}", day
                    yield f"{called}, {day.day:02} {word} {day.year}", day
                    yield f"{called.upper()}. {day.day} {word} {day.year}", day
                    yield f"{called.capitalize()}, {day.day:02} {word} {day.year} 10:30:00 +0000", day
                    yield f"{called} {day.day:02}-{word}-{day.year} 10:30 GMT", day


@pytest.mark.parametrize("tongue", MONTHS)
def test_a_date_in_words_is_read(tongue: str) -> None:
    wrong = []
    for text, day in spellings(tongue):
        moment = parse(text, ZURICH)
        wanted = f"{day}T10:30:00Z" if ":" in text else str(day)
        if moment is None or w3cdtf(moment) != wanted or moment.raw != text:
            wrong.append((text, moment and w3cdtf(moment), wanted))
    assert wrong == []


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("5 de mayo del 2026, 10:30 p. m.", "2026-05-05T22:30:00+02:00"),
        ("terça-feira, 5 de maio de 2026 às 10h30min", "2026-05-05T10:30:00+02:00"),
        ("5 mai 2026, 10 h 30 min 05 s", "2026-05-05T10:30:05+02:00"),
        ("di 5 mei '26 om 10u30", "2026-05-05T10:30:00+02:00"),
        ("5 maja 2026 r., godz. 10:30", "2026-05-05T10:30:00+02:00"),
        ("5 мая 2026 года в 10:30", "2026-05-05T10:30:00+02:00"),
        ("27 XII 2025", "2025-12-27"),
        ("27.V.2025", "2025-05-27"),
        ("Tue, 5 May 2026 10:30:00 PM", "2026-05-05T22:30:00+02:00"),
        ("Tue, 5 May 2026 10:30:00 +0200 CEST", "2026-05-05T10:30:00+02:00"),
        ("Tue, 5 May 2026 10:30:00 Central European Summer Time", "2026-05-05T10:30:00+02:00"),
        ("Tue, 5 May 2026 10:30:00 Pacific Daylight Time", "2026-05-05T10:30:00-07:00"),
    ],
)
def test_words_around_the_time_are_understood(text: str, meant: str) -> None:
    moment = parse(text, ZURICH)
    assert moment is not None
    assert w3cdtf(moment) == meant


@pytest.mark.parametrize(
    ("text", "meant", "precision"),
    [
        ("2026-W19-2", "2026-05-05", Precision.DAY),
        ("2026W192", "2026-05-05", Precision.DAY),
        ("2020-W53-7", "2021-01-03", Precision.DAY),
        ("2026-W19-2T10:30:00Z", "2026-05-05T10:30:00Z", Precision.SECOND),
        ("2026W192T1030", "2026-05-05T10:30:00+02:00", Precision.MINUTE),
        ("2026-W19", "2026-05", Precision.MONTH),
        ("2026-W01", "2026-01", Precision.MONTH),
        ("2024-366", "2024-12-31", Precision.DAY),
        ("2024-060T10:30:00Z", "2024-02-29T10:30:00Z", Precision.SECOND),
    ],
)
def test_days_of_a_week_and_of_a_year(text: str, meant: str, precision: Precision) -> None:
    moment = parse(text, ZURICH)
    assert moment is not None
    assert (w3cdtf(moment), moment.precision) == (meant, precision)


@pytest.mark.parametrize("text", ["2026-W54-1", "2026-W00-1", "2026-W19-8", "2026-W19-0", "2026-W19x"])
def test_a_week_that_does_not_exist_is_none(text: str) -> None:
    assert parse(text, ZURICH) is None
