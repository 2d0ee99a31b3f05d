from __future__ import annotations

import json

import labelled
import pytest
from labelled import FIELDS, LABELLED, SETS

FLOORS = json.loads((LABELLED / "floor.json").read_text())


@pytest.mark.parametrize("which", SETS)
def test_news_texts_are_read_as_well_as_they_ever_were(which: str) -> None:
    tallies = labelled.compare(labelled.judged(which))
    below = {
        name: (tallies[name].score, FLOORS[which][name], tallies[name].wrong)
        for name in FIELDS
        if tallies[name].score < FLOORS[which][name]
    }
    assert below == {}, "a floor may only rise: benchmarks/bench_articles.py --record"


def test_there_are_enough_texts_in_enough_languages() -> None:
    texts = [text for which in SETS for text in labelled.texts(which)]
    assert len(texts) >= 60
    languages = {text.language for text in texts}
    assert languages >= {"de", "de-CH", "de-AT", "en", "fr", "fr-CH", "it", "es", "pt-BR", "pt-PT", "nl"}


def test_labels_stand_in_their_texts() -> None:
    for which in SETS:
        for text in labelled.texts(which):
            bare = "".join(text.text.replace("*", "").split())
            for words in (text.labels["title"] or "", text.labels["lede"], *text.labels["sections"]):
                assert "".join(words.split()) in bare, (text.name, words)
            for one in text.labels["people"]:
                assert "".join(one["name"].split()).casefold() in bare.casefold(), (text.name, one)
