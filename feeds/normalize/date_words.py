"""Words in dates: months, weekdays, zones and what stands between them. Tables only.

Words are looked up folded: lower case, without accents (``fold``), so that ``FÉV.`` and ``fev`` are one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from types import MappingProxyType


def fold(text: str) -> str:
    """Give the form in which words are compared: case folded, without accents, full-width digits as ASCII.

    >>> fold("Août"), fold("MÄRZ"), fold("śr.")
    ('aout', 'marz', 'sr.')
    """
    if text.isascii():
        return text.lower()
    parted = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(mark for mark in parted if not unicodedata.combining(mark)))


# Number of the month, then words for it, a language after the other: en de fr it es pt nl pl ru; rm ca
# Scandinavian cs hu ro el tr uk fi. A language that gives a listed word to another month (listopad is October
# in Croatian, November in Polish and Czech) cannot be added.
MONTH_TABLE = """
1 jan january januar jänner jaenner janv janvier gen genn gennaio ene enero janeiro januari sty styczeń
1 stycznia янв январь января schan schaner gener leden ledna január ianuarie ιαν ιανουάριος ιανουαρίου ocak
1 січень січня tammikuu tammikuuta
2 feb february februar feber fév févr février febr febbraio febrero fev fevereiro februari lut luty lutego
2 фев февр февраль февраля favr favrer únor února február februarie φεβ φεβρουάριος φεβρουαρίου şubat
2 лютий лютого helmikuu helmikuuta
3 mar march märz maerz mrz mars marzo março mrt maart marzec marca мар март марта març březen března március
3 martie μαρ μάρτιος μαρτίου mart березень березня maaliskuu maaliskuuta
4 apr april avr avril aprile abr abril kwi kwiecień kwietnia апр апрель апреля avrigl duben dubna április
4 aprilie απρ απρίλιος απριλίου nisan квітень квітня huhtikuu huhtikuuta
5 may mai mag maggio mayo maio mei maj maja май мая matg maig květen května május μαϊ μάιος μαΐου mayıs
5 травень травня toukokuu toukokuuta
6 jun june juni juin giu giugno junio junho cze czerwiec czerwca июн июнь июня zercl zercladur juny červen
6 června június iunie ιουν ιούνιος ιουνίου haziran червень червня kesäkuu kesäkuuta
7 jul july juli juil juillet lug luglio julio julho lip lipiec lipca июл июль июля fan fanadur juliol
7 červenec července július iulie ιουλ ιούλιος ιουλίου temmuz липень липня heinäkuu heinäkuuta
8 aug august aoû août ago agosto augustus sie sierpień sierpnia авг август августа avust agost augusti srpen
8 srpna augusztus αυγ αύγουστος αυγούστου ağustos серпень серпня elokuu elokuuta
9 sep sept september septembre set sett settembre septiembre setiembre setembro wrz wrzesień września сен
9 сент сентябрь сентября settember setembre září szept szeptember septembrie σεπ σεπτέμβριος σεπτεμβρίου
9 σεπτ eylül вересень вересня syyskuu syyskuuta
10 oct october okt oktober octobre ott ottobre octubre out outubro paź październik października окт октябрь
10 октября říjen října október octombrie οκτ οκτώβριος οκτωβρίου ekim жовтень жовтня lokakuu lokakuuta
11 nov november novembre noviembre novembro lis listopad listopada ноя нояб ноябрь ноября listopadu noiembrie
11 νοε νοέμβριος νοεμβρίου kasım листопад листопада marraskuu marraskuuta
12 dec december dez dezember déc décembre dic dicembre diciembre dezembro gru grudzień grudnia дек декабрь
12 декабря des desember desembre prosinec prosince decembrie δεκ δεκέμβριος δεκεμβρίου aralık грудень грудня
12 joulukuu joulukuuta
1 stycz
2 febbr
4 kwie kwiec
5 magg
6 czerw giugn
7 juill lugl
8 ag agto sierp
9 wrzes
10 paźdz
11 list listop
12 grudz
"""

# They say nothing that the date does not, and are often wrong.
WEEKDAY_TABLE = """
mon tue tues wed wednes thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday
mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag
lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche
gio sab dom lunedì martedì mercoledì giovedì venerdì sabato domenica
mié miér jue vie lunes martes miércoles jueves viernes sábado domingo
seg ter qua qui sex segunda terça quarta quinta sexta feira
ma wo vr za zo maandag dinsdag woensdag donderdag vrijdag zaterdag zondag
pon wt śr czw pt nd niedz poniedziałek wtorek środa środę czwartek piątek sobota sobotę niedziela niedzielę
пн вт ср чт пт сб вс понедельник вторник среда четверг пятница суббота воскресенье
glindesdi mesemna gievgia venderdi sonda dumengia
man tir ons tor lør søn mandag tirsdag onsdag torsdag fredag lørdag søndag måndag tisdag lördag söndag
κυρ δευ τρι τετ πεμ παρ σαβ κυριακή δευτέρα τρίτη τετάρτη πέμπτη παρασκευή σάββατο
po út st čt pá ne pondělí úterý středa čtvrtek pátek neděle
hétfő kedd szerda csütörtök péntek szombat vasárnap
die mit don fre sam son pn wto śro pią sob ndz nie
"""

# Articles, prepositions, "o'clock", the endings of ordinal numbers.
FILLER_TABLE = """
the of on at den der dem am um vom le du a à il del dello di al alle ore el de las los la dia às do da dos das
em op om dnia roku r o godz godzina г года год в день kl klo els st nd rd th er ere re eme e º ª t l d
"""

# Minutes east of UTC, or the IANA zone that decides (names that say nothing of summer time), then names. Of
# names with two meanings (CST, IST, BST) the one that feeds mean most.
ZONE_TABLE = """
0 z ut utc gmt wet zulu
60 cet mez met west bst hnec wat
120 cest mesz mest haec eet oez sast cat
180 eest oesz msk мск trt eat
240 msd gst
210 irst
300 pkt
330 ist
345 npt
420 ict wib
480 awst sgt hkt pht myt
540 jst kst
570 acst
600 aest
630 acdt
660 aedt
720 nzst
780 nzdt
-150 ndt
-180 brt art adt
-210 nst
-240 clt ast edt
-300 cot pet est cdt
-360 cst mdt
-420 mst pdt
-480 pst akdt
-540 akst hadt
-600 hst hast
America/New_York et
America/Chicago ct
America/Denver mt
America/Los_Angeles pt
"""

# Short names of zones, then what they are written out as.
ZONE_PHRASE_TABLE = """
est eastern standard time
edt eastern daylight time
et eastern time
cst central standard time
cdt central daylight time
ct central time
mst mountain standard time
mdt mountain daylight time
mt mountain time
pst pacific standard time
pdt pacific daylight time
pt pacific time
cest central european summer time
cet central european standard time
cet central european time
eest eastern european summer time
eet eastern european time
gmt greenwich mean time
utc coordinated universal time
bst british summer time
mesz mitteleuropaische sommerzeit
mez mitteleuropaische zeit
"""


def _rows(table: str) -> Iterator[tuple[str, str]]:
    """Give each word of a table, folded, with what stands first in its line."""
    for line in table.strip().splitlines():
        first, *words = line.split()
        yield from ((fold(word), first) for word in words)


MONTHS: Mapping[str, int] = MappingProxyType({word: int(number) for word, number in _rows(MONTH_TABLE)})
WEEKDAYS = frozenset(fold(WEEKDAY_TABLE).split())
FILLERS = frozenset(fold(FILLER_TABLE).split())
ZONES: Mapping[str, int | str] = MappingProxyType(
    {word: first if "/" in first else int(first) for word, first in _rows(ZONE_TABLE)}
)

# Words that make the number before them an hour: 10 Uhr, 10h30, 10u30.
HOURS = frozenset(("uhr", "h", "hrs", "hs", "u", "uur", "heures", "heure", "horas"))

# Zones that are written out, folded; the longer ones first.
ZONE_PHRASES: Mapping[str, str] = MappingProxyType(
    {
        phrase: short
        for short, phrase in (line.split(maxsplit=1) for line in ZONE_PHRASE_TABLE.strip().splitlines())
    }
)

# Months as Poles and Russians write them by hand, the longer ones first.
ROMAN: Mapping[str, str] = MappingProxyType(
    {
        numeral: f"~{number:02}~"
        for number, numeral in (
            *((8, "viii"), (3, "iii"), (7, "vii"), (12, "xii")),
            *((2, "ii"), (4, "iv"), (6, "vi"), (9, "ix"), (11, "xi"), (1, "i"), (5, "v"), (10, "x")),
        )
    }
)

HALVES: Mapping[str, str] = MappingProxyType(
    {
        fold(word): half
        for half, words in (("am", "am 오전 上午 午前"), ("pm", "pm 오후 下午 午後"))
        for word in words.split()
    }
)

# Signs of Chinese, Japanese and Korean dates, which stand behind their numbers.
SIGNS: Mapping[str, str] = MappingProxyType(
    {
        fold(sign): meant
        for signs, meant in (("년월年月", "-"), ("일日초秒", " "), ("시분時时分", ":"))
        for sign in signs
    }
)

# Where 3/4/2025 is the fourth of March: the United States, their territories, and the Philippines.
MONTH_FIRST = frozenset(
    {
        *(f"America/{city}" for city in ("New_York", "Chicago", "Denver", "Los_Angeles", "Phoenix")),
        *(f"America/{city}" for city in ("Anchorage", "Detroit", "Boise", "Juneau", "Puerto_Rico", "Adak")),
        *("Pacific/Honolulu", "Pacific/Guam", "Asia/Manila", "EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT"),
    }
)
