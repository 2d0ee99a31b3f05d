from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.model import Person, Role
from feeds.normalize.agencies import agencies
from feeds.normalize.people import agency_credits, byline, bylines, person, split_people


@pytest.mark.parametrize(
    ("raw", "name", "email", "uri"),
    [
        ("Ada Example", "Ada Example", None, None),
        ("ada@example.org", None, "ada@example.org", None),
        ("ada@example.org (Ada Example)", "Ada Example", "ada@example.org", None),
        ("Ada Example <ada@example.org>", "Ada Example", "ada@example.org", None),
        ('"Example, Ada" <ada@example.org>', "Example, Ada", "ada@example.org", None),
        ("Ada Example (ada@example.org)", "Ada Example", "ada@example.org", None),
        ("mailto:ada@example.org", None, "ada@example.org", None),
        ("Ada (https://ada.example/)", "Ada", None, "https://ada.example/"),
        ("https://ada.example/", None, None, "https://ada.example/"),
        ("noreply@blogger.com (Ada)", "Ada", "noreply@blogger.com", None),
        (" Ada\n  Example ", "Ada Example", None, None),
        ("By Ada Example", "Ada Example", None, None),
        ("Ada & Bob", "Ada & Bob", None, None),
        ("李雷", "李雷", None, None),
    ],
)
def test_an_author_slot_is_read(raw: str, name: str | None, email: str | None, uri: str | None) -> None:
    assert person(raw) == Person(name=name, email=email, uri=uri)


@pytest.mark.parametrize(
    "raw", ["", " ", "()", "<>", "--", "Unknown", "unbekannt", "noreply@blogger.com (Unknown)", "\u200b"]
)
def test_nobody_is_none(raw: str) -> None:
    assert person(raw) is None


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Ada Example Redaktor News", [("Ada Example", Role.EDITOR, "Redaktor News")]),
        ("Ada Example, Redaktorin", [("Ada Example", Role.EDITOR, "Redaktorin")]),
        ("Ada Example (Redaktorin)", [("Ada Example", Role.EDITOR, "Redaktorin")]),
        (
            "Ada Example Bundeshauskorrespondentin",
            [("Ada Example", Role.CORRESPONDENT, "Bundeshauskorrespondentin")],
        ),
        ("Ada Example, freie Journalistin", [("Ada Example", Role.REPORTER, "freie Journalistin")]),
        ("Von Ada Example", [("Ada Example", Role.AUTHOR, None)]),
        (
            "Von Ada von Muster und Bob Example, Bern",
            [("Ada von Muster", Role.AUTHOR, None), ("Bob Example", Role.AUTHOR, "Bern")],
        ),
        ("Von Ada Example, 27.12.2025", [("Ada Example", Role.AUTHOR, None)]),
        ("Text: Ada Example / Fotos: Bob Example", [("Ada Example", Role.AUTHOR, None)]),
        (
            "Von Ada Example (Text) und Bob Example (Fotos)",
            [("Ada Example", Role.AUTHOR, "Text"), ("Bob Example", Role.PHOTOGRAPHER, "Fotos")],
        ),
        ("Übersetzt von Ada Example", [("Ada Example", Role.TRANSLATOR, None)]),
        (
            "By Ada Example and Bob Q. Example",
            [("Ada Example", Role.AUTHOR, None), ("Bob Q. Example", Role.AUTHOR, None)],
        ),
        ("BY ADA EXAMPLE", [("ADA EXAMPLE", Role.AUTHOR, None)]),
        ("By Ada Example, Staff Writer", [("Ada Example", Role.REPORTER, "Staff Writer")]),
        (
            "Dr. Ada O'Example-Smith, Chief Science Editor",
            [("Dr. Ada O'Example-Smith", Role.EDITOR, "Chief Science Editor")],
        ),
        (
            "Par Ada Exemple, journaliste et photographe",
            [("Ada Exemple", Role.REPORTER, "journaliste et photographe")],
        ),
        (
            "Ada Exemple, envoyée spéciale à Genève",
            [("Ada Exemple", Role.CORRESPONDENT, "envoyée spéciale à Genève")],
        ),
        ("Di Ada Esempio", [("Ada Esempio", Role.AUTHOR, None)]),
        (
            "Ada Esempio, corrispondente da Berna",
            [("Ada Esempio", Role.CORRESPONDENT, "corrispondente da Berna")],
        ),
        (
            "Por Ada Ejemplo Gómez y Bob Ejemplo",
            [("Ada Ejemplo Gómez", Role.AUTHOR, None), ("Bob Ejemplo", Role.AUTHOR, None)],
        ),
        ("Por José Ortega y Gasset", [("José Ortega y Gasset", Role.AUTHOR, None)]),
        ("Autor: Voltaire", [("Voltaire", Role.AUTHOR, None)]),
        (
            "By Ada Example, Transport correspondent and Bob Example",
            [
                ("Ada Example", Role.CORRESPONDENT, "Transport correspondent"),
                ("Bob Example", Role.AUTHOR, None),
            ],
        ),
        (
            "Door Ada de Wit, verslaggever, en Bob van 't Hof",
            [("Ada de Wit", Role.REPORTER, "verslaggever"), ("Bob van 't Hof", Role.AUTHOR, None)],
        ),
        (
            "(Reporting by Ada Example and Bob Example in Bern; Editing by Eve Example)",
            [
                ("Ada Example", Role.REPORTER, None),
                ("Bob Example", Role.REPORTER, "in Bern"),
                ("Eve Example", Role.EDITOR, None),
            ],
        ),
        ("Traducción de Ada Ejemplo", [("Ada Ejemplo", Role.TRANSLATOR, None)]),
        ("Von Ada Example, Redaktor:in", [("Ada Example", Role.EDITOR, "Redaktor:in")]),
        ("Ada Example, Journalist*in", [("Ada Example", Role.REPORTER, "Journalist*in")]),
        ("Ada Example, RedaktorIn", [("Ada Example", Role.EDITOR, "RedaktorIn")]),
        ("Ada Example, Redakteur/in", [("Ada Example", Role.EDITOR, "Redakteur/in")]),
        ("Ada Exemple, rédacteur·rice", [("Ada Exemple", Role.EDITOR, "rédacteur·rice")]),
        ("Por Ada Exemplo, Repórter", [("Ada Exemplo", Role.REPORTER, "Repórter")]),
        ("By Ada Example, Theatre critic", [("Ada Example", Role.AUTHOR, "Theatre critic")]),
        ("By Ada Example @adaexample", [("Ada Example", Role.AUTHOR, "@adaexample")]),
        ("Von Ada Example (ada@example.org)", [("Ada Example", Role.AUTHOR, None)]),
        ("Von der Redaktion", [("Redaktion", Role.AUTHOR, None)]),
        ("Redaktion", [("Redaktion", Role.AUTHOR, None)]),
        ("La rédaction", [("La rédaction", Role.AUTHOR, None)]),
        ("By BBC News", [("BBC News", Role.AUTHOR, None)]),
    ],
)
def test_a_byline_gives_names_roles_and_the_words(
    line: str, found: list[tuple[str, Role, str | None]]
) -> None:
    assert [(one.name, one.role, one.role_raw) for one in bylines(line)] == found
    assert byline(line) == bylines(line)[0]


@pytest.mark.parametrize(
    "line",
    [
        *("", "6000 Menschen gerettet", "Kim Example sagt Ja", "Ada Example", "Kriegserfahrung und Handel"),
        *(
            "Von Basel nach Bern",
            "Von Mensch und Tier",
            "Von Kopf bis Fuss",
            "Neue Redaktorin",
            "Redaktor News",
        ),
        *("Verlag entlässt Redaktor", "freie Journalistin", "Ada Example, Bern", "By " + "Ada " * 50),
        "Die Reporterin Ada Example hat den Preis gewonnen.",
    ],
)
def test_a_heading_or_sentence_is_no_byline(line: str) -> None:
    assert bylines(line) == ()
    assert byline(line) is None


CREDITED = (
    ("(dpa) Es schneit.", ["dpa"]),
    ("Es schneit. (sda)", ["sda"]),
    ("Es schneit (SDA).", ["sda"]),
    ("BERN (sda/dpa) - Es schneit.", ["sda", "dpa"]),
    ("LONDON, Dec 27 (Reuters) - It snows.", ["reuters"]),
    ("Paris, 27 déc (AFP) – Il neige.", ["afp"]),
    ("Es schneit. (dpa/lre)", ["dpa"]),
    ("Es schneit.\ndpa/AFP", ["dpa", "afp"]),
    ("Es schneit.\n\nKeystone-SDA", ["sda"]),
    ("Quelle: DPA", ["dpa"]),
    ("Source: AP and Reuters", ["ap", "reuters"]),
    ("Fonte: ANSA", ["ansa"]),
    ("sagte er laut der Agentur DPA. Er", ["dpa"]),
    ("sagte sie der Deutschen Presse-Agentur am Montag", ["dpa"]),
    ("laut AFP sind es mehr", ["afp"]),
    ("der Nachrichtenagentur Reuters zufolge", ["reuters"]),
    ("Mit Material der dpa", ["dpa"]),
    ("mit Agenturmaterial von dpa und AFP", ["dpa", "afp"]),
    ("selon l'ATS", ["sda"]),
    ("l'agence de presse russe TASS", ["tass"]),
    ("agenzia di stampa ANSA", ["ansa"]),
    ("según EFE, nieva", ["efe"]),
    ("la agencia de noticias EFE", ["efe"]),
    ("Xinhua news agency said", ["xinhua"]),
    ("he told Bloomberg on Monday", ["bloomberg"]),
    ("aldus persbureau, volgens ANP", ["anp"]),
    ("the state news agency KCNA", ["kcna"]),
    ("dpa-AFX", ["dpa-afx"]),
    ("Teruel, 9 abr (EFE).- Descarriló un tren", ["efe"]),
    ("Zürich, 27. Dezember 2025 (dpa) – Es schneit.", ["dpa"]),
    ("(ANSA) - ROMA, 3 MAR - Trema la valle. (ANSA).", ["ansa"]),
    ("Nieva en el pueblo. EFE", ["efe"]),
    ("Es schneit.\n\nsda/red.", ["sda"]),
    ("Es schneit. (mit dpa)", ["dpa"]),
    ("Il neige.\n(avec AFP)", ["afp"]),
    ("Neva.\nCom Lusa", ["lusa"]),
    ("Con información de EFE", ["efe"]),
    ("Com informações da Reuters", ["reuters"]),
    ("Bron: ANP", ["anp"]),
    ("© AFP", ["afp"]),
    ("Copyright AP", ["ap"]),
    ("Copyright 2026 The Associated Press. All rights reserved.", ["ap"]),
    ("It snows.\n\nReuters and PA Media contributed to this report.", ["reuters", "pa"]),
    ("Associated Press writer Ada Example in Bern contributed to this report.", ["ap"]),
    ("Additional reporting by PA Media.", ["pa"]),
    ("Text: dpa", ["dpa"]),
)


@pytest.mark.parametrize(("text", "codes"), CREDITED)
def test_an_agency_that_is_named_as_one_is_a_credit(text: str, codes: list[str]) -> None:
    found = agency_credits(text)
    assert [credit.code for credit in found] == codes
    assert all(
        credit.kind == "agency" and credit.raw in " ".join(text.split()) for credit in found if credit.raw
    )
    assert all(credit.raw for credit in found)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "wap AP app",
            "eine Tasse Tee",
            "Es waren laut CNN mehr",
            "The AP exam",
            "Die APA hat",
            "efe",
            "sid",
        ),
        *("The American Psychological Association (APA) said", "American Psychological Association (APA)."),
        *(
            "Der Bundesrat (SDA) hat entschieden",
            "Mike Bloomberg came",
            "Belga ist ein Bier",
            "(nach Anmeldung)",
        ),
        *("Er schloss einen Vertrag mit Reuters ab", "dijo a EFE un portavoz", "Das Reuters-Gebäude in Bern"),
        *("Reuters had been wrong", "the AFP office", "der ehemalige Reuters-Mann", "Reuterstrasse 12"),
        *("Bild: der Zustand ist schlecht", "Das Bild ist schön", "Quelle: https://example.org/"),
    ],
)
def test_letters_that_spell_an_agency_are_none(text: str) -> None:
    assert agency_credits(text) == ()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Fotos: Keystone", [("keystone", "Keystone")]),
        (
            "(Bild: Keystone/EPA/Ada Example)",
            [("keystone", "Keystone"), ("epa", "EPA"), (None, "Ada Example")],
        ),
        ("Foto: Ada Example. Mehr Text", [(None, "Ada Example")]),
        ("Lights up: the court. Photo: Ada Example", [(None, "Ada Example")]),
        ("Fotografía: Ada Ejemplo", [(None, "Ada Ejemplo")]),
        ("Der See im Winter. © Keystone", [("keystone", "Keystone")]),
        ("KEYSTONE/Ada Example", [("keystone", "Keystone"), (None, "Ada Example")]),
        ("Crédit photo: AFP / Ada Exemple", [("afp", "AFP"), (None, "Ada Exemple")]),
    ],
)
def test_a_picture_has_its_own_credit(text: str, names: list[tuple[str | None, str]]) -> None:
    found = agency_credits(text)
    assert [(credit.code, credit.name) for credit in found] == names
    assert {credit.kind for credit in found} == {"photo"}


def test_a_source_that_is_no_agency_is_a_credit_of_its_own_kind() -> None:
    (credit,) = agency_credits("Es schneit.\nQuelle: Amt für Schnee")
    assert (credit.kind, credit.code, credit.name) == ("source", None, "Amt für Schnee")


def test_agencies_without_a_name_are_kept_as_they_are_told() -> None:
    (credit,) = agency_credits("Es schneit.\n\nMit Agenturmaterial")
    assert (credit.kind, credit.code, credit.name) == ("source", None, "Mit Agenturmaterial")


@pytest.mark.parametrize("piece", ["dpa AFP Reuters ", "(dpa", "(dpa) x ", "agency the ", "a: © ", "dpa/"])
def test_a_flood_of_names_costs_no_more_than_its_length(piece: str) -> None:
    def spent(text: str) -> float:
        start = time.process_time()
        agency_credits(text)
        return time.process_time() - start

    size = 40_000 // len(piece)
    assert spent(piece * 4 * size) < 16 * spent(piece * size) + 0.5


def test_an_agency_is_credited_once_in_the_order_of_the_text() -> None:
    found = agency_credits("(afp) Es schneit, laut dpa. Mehr sagte die Agentur AFP.\nQuelle: dpa")
    assert [credit.code for credit in found] == ["afp", "dpa"]


@pytest.mark.parametrize(
    ("name", "people", "codes"),
    [
        ("Reuters", [], ["reuters"]),
        ("dpa/AFP", [], ["dpa", "afp"]),
        ("sda/abc", [], ["sda"]),
        ("Agence France-Presse", [], ["afp"]),
        ("By Reuters", [], ["reuters"]),
        ("Reuters Staff", [], ["reuters"]),
        ("Ada Example/dpa", ["Ada Example"], ["dpa"]),
        ("Ada Example, AP", ["Ada Example"], ["ap"]),
        ("Ada Example (SDA)", ["Ada Example"], ["sda"]),
        ("ADA EXAMPLE Associated Press", ["ADA EXAMPLE"], ["ap"]),
        ("Ada Example, avec AFP et Reuters", ["Ada Example"], ["afp", "reuters"]),
        ("Ada Example (mit dpa)", ["Ada Example"], ["dpa"]),
        ("Von dpa", [], ["dpa"]),
        ("BBC News", ["BBC News"], []),
        ("Mike Bloomberg", ["Mike Bloomberg"], []),
        ("Ana Efe", ["Ana Efe"], []),
        ("Ada Example", ["Ada Example"], []),
    ],
)
def test_an_agency_in_an_author_slot_is_a_credit_and_no_author(
    name: str, people: list[str], codes: list[str]
) -> None:
    found, credits_ = split_people((Person(name=name),))
    assert [one.name for one in found] == people
    assert [credit.code for credit in credits_] == codes


def test_a_mail_address_in_a_byline_is_its_person_s() -> None:
    ada, bob = bylines("Von Ada Example (ada@example.org) und Bob Example <bob@example.org>")
    assert (ada.name, ada.email, bob.name, bob.email) == (
        *("Ada Example", "ada@example.org"),
        *("Bob Example", "bob@example.org"),
    )


def test_splitting_keeps_order_and_what_else_is_known_of_a_person() -> None:
    given_ = (Person(name="Ada", email="ada@example.org"), Person(name="dpa"), Person(email="x@example.org"))
    people, credits_ = split_people(given_)
    assert people == (given_[0], given_[2])
    assert [credit.raw for credit in credits_] == ["dpa"]


NOISE = st.text() | st.text("Von By(dpa)/AFP:, Keystone©\n«Redaktor laut Quelle", max_size=60)


@settings(max_examples=200, deadline=None)
@given(NOISE)
def test_any_text_can_be_read(text: str) -> None:
    one = person(text)
    assert one is None or one.name or one.email or one.uri
    assert all(each.name for each in bylines(text))
    assert all(
        credit.name and credit.kind in {"agency", "photo", "source"} for credit in agency_credits(text)
    )
    assert all(credit.code for credit in agencies(text))
    split_people((Person(name=text),))
