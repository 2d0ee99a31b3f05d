"""Words of bylines: what a person did, and what stands before and beside a name. Tables only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from feeds.model import Role
from feeds.normalize.date_words import fold

# A role, then its words in German, English, French, Italian, Spanish (and some more).
ROLE_TABLE = """
editor redaktor redaktorin redakteur redakteurin chefredaktor chefredaktorin chefredakteur chefredakteurin
editor ressortleiter ressortleiterin leiter leiterin blattmacher blattmacherin redaktion produzent produzentin
editor editor subeditor sub-editor editor-in-chief herausgeber herausgeberin
editor rédacteur rédactrice redattore redattrice caporedattore caporedattrice caposervizio direttore
editor direttrice direttore redacteur redactrice hoofdredacteur eindredacteur redator redatora editores
editor copyeditor deskchef deskchefin
editor redactor redactora editora redaktør redaktör
reporter reporter reporterin journalist journalistin journaliste giornalista periodista jornalista reportera
reporter reportero writer staffer cronista repórter jornalista verslaggever verslaggeefster reportrice
correspondent korrespondent korrespondentin correspondent correspondant correspondante corrispondente
correspondent corresponsal correspondente inviato inviata envoyé envoyée enviado enviada correspondente
photographer fotograf fotografin photographer photographe fotografo fotografa fotógrafo fotógrafa
photographer photojournalist fotograaf fotografe fotojornalista reporter-photographe fotografía fotografia
photographer bildredaktor bildredaktorin bildredakteur bildredakteurin
photographer fotojournalist fotojournalistin photoreporter fotoreporter foto fotos photo photos bild bilder
translator übersetzer übersetzerin translator traducteur traductrice traduttore traduttrice traductor
translator traductora tradutor tradutora vertaler vertaalster vertaling traducción tradução traduzione
translator traduction übersetzung translation
contributor contributor gastautor gastautorin gastbeitrag contributeur contributrice collaboratore
contributor collaboratrice collaborateur colaborador colaboradora mitarbeiter mitarbeiterin praktikant
contributor praktikantin volontär volontärin freelancer freelance stagiaire
author autor autorin author auteur auteure autrice autore autora kolumnist kolumnistin columnist chroniqueur
author chroniqueuse editorialist éditorialiste editorialista columnista kommentator kommentatorin blogger
author bloggerin blogueur blogueuse essayist text texte testo texto tekst critic critico critica critique
author kritiker kritikerin crítico crítica colunista kolumniste chronist chronistin schriftsteller
author schriftstellerin
"""

# German makes one word of a desk and a role: Bundeshausredaktorin, Sportjournalist.
ENDING_TABLE = """
editor redaktor redaktorin redakteur redakteurin
reporter reporter reporterin journalist journalistin
correspondent korrespondent korrespondentin
photographer fotograf fotografin
translator übersetzer übersetzerin
contributor mitarbeiter mitarbeiterin
author autor autorin
"""

# Words that belong to the role behind them: Staff Writer, freie Journalistin, grand reporter.
QUALIFIER_TABLE = """
staff senior junior chief deputy managing executive associate assistant special guest contributing news sports
sport political business science technology national foreign international local lead editorial digital video
stv stv. stellvertretender stellvertretende leitender leitende freier freie freischaffender freischaffende
ehemaliger ehemalige grand grande directeur directrice vice capo co- wissenschaftlicher wissenschaftliche
transport health education environment climate economics economy finance market markets energy city arts art
culture theatre theater film music food travel home legal court crime royal religion defence defense
diplomatic foreign-affairs european europe africa asia washington parliamentary state county data web online
breaking features feature investigations consumer property technical first second third
"""

PARTICLE_TABLE = """
von vom van de der den des del della dello delle dei degli di da do dos das du la le les lo los las zu zum zur
af av el al bin ibn ben ter ten y e i d' van't san st. op 't
"""

# Words that open a byline. "colon": only in front of a colon. A role after it is what it makes of the names.
OPENING_TABLE = """
space author von | by | par | por | di | door
space author written by | words by | story by | text by | geschrieben von | writing by | tekst door
space reporter reported by | reporting by | additional reporting by | reportage de
space editor editing by
space author verfasst von | aufgezeichnet von | interview von | ein beitrag von
space author ein gastbeitrag von | ein text von | ein artikel von | ein kommentar von | eine analyse von
space author eine reportage von | eine kolumne von
space author scritto da | a cura di | intervista di | testo di | escrito por | texto de | écrit par
space author propos recueillis par | recueilli par | texte de | texte par
space editor edited by | redigiert von | édité par
space translator übersetzt von | übersetzung von | translated by | traduit par | traduction de
space translator tradotto da | traducido por
space translator traducción de | tradução de | vertaling door | vertaald door | traduzione di
space photographer foto door | foto's door | fotografía de | fotografias de
space photographer photos by | photo by | fotos von | foto von | bilder von | photos de | foto di | fotos de
colon author text | texte | testo | texto | autor | autorin | autoren | author | authors
colon author tekst | door | auteur | auteure | autrice | autore | autora | interview | von | by | par
colon reporter reporting
colon editor redaktion | editor | editing | rédaction | redazione | edición | edição
colon translator übersetzung | translation | traduction | traduzione | traducción | translator
colon translator tradução | vertaling
"""

# Who signs as a group: a name that is kept whole, and needs no word before it to be a byline.
GROUP_TABLE = """
redaktion | die redaktion | onlineredaktion | online-redaktion | newsredaktion | nachrichtenredaktion
staff | staff report | staff reports | staff reporter | staff writer | newsroom | newsdesk | news desk
rédaction | la rédaction | redazione | la redazione
redacción | la redacción | redação | da redação | redactie
"""


def _roles(table: str) -> Iterator[tuple[str, Role]]:
    for line in table.strip().splitlines():
        role, *words = line.split()
        yield from ((fold(word), Role(role)) for word in words)


def _openings() -> Iterator[tuple[str, tuple[bool, Role]]]:
    for line in OPENING_TABLE.strip().splitlines():
        way, role, rest = line.split(maxsplit=2)
        yield from ((f"{way} {words.strip()}", (way == "colon", Role(role))) for words in rest.split("|"))


# Redakteur:in, Journalist*innen, RedaktorIn, rédacteur·rice, auteur·e: what stands before is a word we know.
INCLUSIVE = re.compile(
    r"(?:[:*_/·•.]-?(?:in|innen|e|es|rice|rices|trice|euse|eur|eurs|teur|ère|a|as|o)|(?<=[a-zé])In(?:nen)?)\Z"
)

ROLES: Mapping[str, Role] = MappingProxyType(dict(_roles(ROLE_TABLE)))
ENDINGS: Mapping[str, Role] = MappingProxyType(dict(_roles(ENDING_TABLE)))
ANY_ENDING = tuple(ENDINGS)
QUALIFIERS = frozenset(fold(QUALIFIER_TABLE).split())
GROUPS = frozenset(name.strip() for line in GROUP_TABLE.strip().splitlines() for name in line.split("|"))
PARTICLES = frozenset(PARTICLE_TABLE.split())
OPENINGS: Mapping[str, tuple[bool, Role]] = MappingProxyType(dict(_openings()))


def role_of(word: str) -> Role | None:
    """Say which role a single word of a byline names; None if none.

    >>> role_of("Wirtschaftsredaktorin"), role_of("News")
    (<Role.EDITOR: 'editor'>, None)
    """
    folded = fold(INCLUSIVE.sub("", word.strip(".,;:()")))
    if folded in ROLES:
        return ROLES[folded]
    if not folded.endswith(ANY_ENDING):
        return None
    return next((role for ending, role in ENDINGS.items() if folded.endswith(ending)), None)
