"""Where a text is from, told by its spelling and words: de-CH, de-AT, fr-CH, pt-BR, pt-PT, and Romansh.

Only evidence counts: at least two signs, none of the other side. A text about Switzerland is not from there.
"""

from __future__ import annotations

import re

# What German and Austrian German write with ß. Not "dass", "muss", "Masse", "Busse": they have ss there too.
SWISS_SS = re.compile(
    r"gross|gröss|strass|ausser|äusser|draussen|schliess|fliess|giess|geniess|heiss|weiss|dreissig|reiss|"
    r"beiss|schmeiss|fleiss|süss|spass|spässe|gruss|grüss|gefäss|mässig|massnahme|gemäss|fuss|füsse|schoss|"
    r"stoss|stöss|bloss|einbüss|strauss|preussen"
)
# The same letters in words that have ss everywhere.
GERMAN_SS = re.compile(
    r"schloss|geschoss|schossen|schoss\Z|fluss|diskuss|grossist|aussergericht|häusser|strassburg|genoss|weissag"
)
GUILLEMETS = re.compile(r"(?<![\w»])«\w[^«»]{0,300}[^\s«»]»(?!\w)")
THOUSANDS = re.compile(r"(?<![\w'’])[0-9]{1,3}(?:['’][0-9]{3})+(?!\w)")
SWISS_WORDS = re.compile(
    r"\b(?:Redaktor(?:in|innen|en)?|Velos?|parkier\w+|Spitäler|Nationalrat|Ständerat|Kantons?|Rüebli|Znüni|"
    r"Zmorge|Zvieri|Poulet|Trottoir|Billette?|Franken|Rappen|allfällig\w*|innert|verunfall\w+|Traktand\w+)\b"
)
WORD = re.compile(r"[^\W\d_]+")

# What only Austrians write (beginnings of words), then what others write of Austria, too.
AUSTRIAN = (
    "jänner",
    "feber",
    "heuer",
    "heurig",
    "marille",
    "sackerl",
    "paradeiser",
    "erdäpfel",
    "schlagobers",
)
AUSTRIAN_TOO = ("trafik", "kassa", "jause", "gelse", "fleischhauer", "topfen", "anrainer")
ABOUT_AUSTRIA = (
    *("landeshaupt", "nationalrat", "arbeiterkammer", "bezirkshaupt", "landesrat", "landesrätin", "matura"),
    *("öbb", "orf"),
)
# Numerals and words of French Switzerland, then what others write of it, too.
ROMAND = ("septante", "huitante", "nonante", "natel")
ABOUT_ROMANDIE_WORDS = """
votation votations confédération syndic canton cantonal cantonale francs
"""
ABOUT_ROMANDIE = frozenset(ABOUT_ROMANDIE_WORDS.split())
COUNCIL = re.compile(r"\bconseil\w* (?:d['’]état|fédéra)|\bgrand conseil\b")
BELGIAN = ("belg", "bruxell", "wallon", "bourgmestre")

BRAZILIAN_WORDS = """
ônibus trem trens celular celulares equipe equipes você vocês prefeito prefeita prefeitos prefeitura
registro contato fato bonde banheiro esporte gol gols time reais bebê
"""
BRAZILIAN = frozenset(BRAZILIAN_WORDS.split())
EUROPEAN_WORDS = """
autocarro autocarros comboio comboios telemóvel telemóveis equipa equipas utente utentes autarca autarcas
registo contacto facto eléctrico desporto golo golos freguesia carrinha camião camiões bebé
"""
EUROPEAN = frozenset(EUROPEAN_WORDS.split())
# econômico, gênero, Antônio there; económico, género, António here.
CIRCUMFLEX = re.compile(r"[ôê](?:mic|nic|men|ner|nio)")
ACUTE = re.compile(r"\w\w[óé](?:mic|nic|men|ner|nio)")
GERUND = re.compile(r"\best(?:á|ão|ava|avam) \w+[aei]ndo\b")
INFINITIVE = re.compile(r"\best(?:á|ão|ou|ava|avam) a \w+[aei]r\b")

# Small words that no neighbour of Romansh has (Rumantsch Grischun and the idioms).
ROMANSH_WORDS = """
betg buca brich nagut cun ina ils quai quei sco tranter davart onn onns èn vegn vegnan vegni ubain mintga
minchün entaifer enturn dapi gia rumantsch rumantscha grischun emprim emprima lieus glieud chasa chasas
scola dumengia mesemna favrer matg settember october
"""
ROMANSH = frozenset(ROMANSH_WORDS.split())


def region(language: str, text: str) -> str:
    """Make a language's tag more exact where the text shows where it is from; else give it back.

    >>> region("fr", "Il a coûté nonante mille francs, a dit le conseiller d'État."), region("fr", "Nonante.")
    ('fr-CH', 'fr')
    """
    lowered = text.lower()
    if language == "de" and _is_swiss(text):
        return "de-CH"
    if language not in {"de", "fr", "pt"}:
        return language
    words = frozenset(WORD.findall(lowered))
    if language == "de":
        return "de-AT" if _is_austrian(words) else "de"
    if language == "fr":
        return "fr-CH" if _is_romand(lowered, words) else "fr"
    brazil = len(words & BRAZILIAN) + sum(sign.search(lowered) is not None for sign in (CIRCUMFLEX, GERUND))
    portugal = len(words & EUROPEAN) + sum(sign.search(lowered) is not None for sign in (ACUTE, INFINITIVE))
    brazil += "r$" in lowered
    if brazil >= 2 and brazil >= 3 * portugal:
        return "pt-BR"
    return "pt-PT" if portugal >= 2 and portugal >= 3 * brazil else "pt"


def is_romansh(text: str) -> bool:
    """Say whether a text is Romansh, which the model does not know: at least four of its small words."""
    words = WORD.findall(text.lower())
    found = [word for word in words if word in ROMANSH]
    return len(set(found)) >= 4 and 20 * len(found) >= len(words)


def _is_swiss(text: str) -> bool:
    """Say whether a German text is spelled as in Switzerland: no ß, and at least two signs more."""
    if "ß" in text or "ẞ" in text:
        return False
    words = {word.strip(".,;:!?»«\"'()") for word in text.lower().split() if "ss" in word}
    spelled = [word for word in words if SWISS_SS.search(word) and not GERMAN_SS.search(word)]
    others = sum(pattern.search(text) is not None for pattern in (GUILLEMETS, THOUSANDS, SWISS_WORDS))
    return len(spelled) + others >= 2 and bool(spelled or others >= 2)


def _is_austrian(words: frozenset[str]) -> bool:
    own = {word for word in words if word.startswith((*AUSTRIAN, *AUSTRIAN_TOO))}
    return bool(own) and len(own | {word for word in words if word.startswith(ABOUT_AUSTRIA)}) >= 2


def _is_romand(lowered: str, words: frozenset[str]) -> bool:
    """Say so of words or numbers of its own and one sign more; Belgians count in nonante, too."""
    own = {word for word in words if word.startswith(ROMAND)} | set(THOUSANDS.findall(lowered)[:1])
    about = words & ABOUT_ROMANDIE | set(COUNCIL.findall(lowered))
    return bool(own) and len(own | about) >= 2 and not any(word.startswith(BELGIAN) for word in words)
