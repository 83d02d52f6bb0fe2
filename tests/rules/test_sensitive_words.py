"""Words about private matters are pointed out; words of the trades are left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badges.evidence.rules_words import Topic, fold, lexicons, sensitive_words


def topics(text: str, language: str = "fr") -> list[tuple[str, str]]:
    return [(found.word, found.topic.value) for found in sensitive_words(text, language)]


@pytest.mark.parametrize(
    ("text", "word", "topic"),
    [
        ("Amina était malade ce matin.", "malade", "health"),
        ("MALADIE", "MALADIE", "health"),
        ("En arrêt maladie depuis lundi", "arrêt maladie", "health"),
        ("elle est enceinte", "enceinte", "health"),
        ("sent l'alcool", "alcool", "health"),
        ("dyslexique, lit lentement", "dyslexique", "health"),
        ("son mari a appelé", "mari", "family"),
        ("doit garder ses enfants", "ses enfants", "family"),
        ("problèmes de garde d'enfants", "garde d enfants", "family"),
        ("en plein divorce", "divorce", "family"),
        ("sort de prison", "prison", "justice"),
        ("porte un bracelet électronique", "bracelet électronique", "justice"),
        ("Délégué syndical à l'atelier", "syndical", "union"),
        ("parti avec la CGT", "CGT", "union"),
        ("fait le ramadan", "ramadan", "religion"),
        ("a demandé une pause pour la prière", "prière", "religion"),
        ("decede : deuil dans la famille", "famille", "family"),
    ],
)
def test_french_words_are_pointed_out_as_written(text: str, word: str, topic: str) -> None:
    assert (word, topic) in topics(text)


@pytest.mark.parametrize(
    ("text", "word", "topic"),
    [
        ("She was sick on Monday", "sick", "health"),
        ("back pain again", "back pain", "health"),
        ("Her husband phoned", "husband", "family"),
        ("went to court", "court", "justice"),
        ("is a union member", "union member", "union"),
        ("prays at noon", "prays", "religion"),
    ],
)
def test_english_words_are_pointed_out_as_written(text: str, word: str, topic: str) -> None:
    assert (word, topic) in topics(text, "en")


@pytest.mark.parametrize(
    "text",
    [
        "Range le chantier avant de partir.",
        "Nettoie la salle de bain.",
        "Trie par famille de légumes.",
        "Coupe les feuilles malades du rosier.",
        "Repère les maladies des plantes.",
        "Reste dans l'enceinte du chantier.",
        "Porte le voile d'hivernage avec Bakary.",
        "Il est maladroit avec la houe, puis s'applique.",
        "Démonte la couple de serrage, range les fils électriques.",
        "Pose le fil de fer, coupe les avocats, pèse le pain.",
        "Prend la parole devant le groupe.",
        "Juge la cuisson à l'œil, avec justesse.",
        "Respecte les règles de santé et sécurité.",
        "Prépare le menu sans alcool.",
        "Taille la haie place de l'église.",
        "A fermé la porte condamnée.",
        "Conjointement avec Chloé, vide le camion.",
        "Vérifie la température du plat, cela vaut la peine.",
        "Sépare les déchets, vide la crème dans la cuve.",
        "Aide un voyageur handicapé à monter.",
    ],
)
def test_words_of_french_trades_are_left_alone(text: str) -> None:
    assert topics(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "I'll tidy the site, then sweep the court yard.",
        "Sorts the family of vegetables together.",
        "Removed the diseased leaves, then the sick plants.",
        "Follows health and safety rules.",
        "Washed the baby carrots and the baby spinach.",
        "Took part, spoke in turn, illustrated the task.",
        "Disabled the alarm before starting.",
        "Helped a wheelchair user board.",
    ],
)
def test_words_of_english_trades_are_left_alone(text: str) -> None:
    assert topics(text, "en") == []


def test_a_word_that_is_ordinary_elsewhere_counts_only_in_its_own_language() -> None:
    assert topics("Fait le pain.", "fr") == []
    assert topics("Has pain.", "en") == [("pain", "health")]


def test_french_words_are_found_while_the_page_is_in_english() -> None:
    assert topics("Amina était malade.", "en") == [("malade", "health")]


def test_each_word_is_named_once_in_the_order_of_the_sentence() -> None:
    assert topics("Son mari est malade, son mari est malade.") == [("mari", "family"), ("malade", "health")]


def test_accents_and_ligatures_make_no_difference() -> None:
    assert fold("SŒUR Décédée") == "soeur decedee"
    assert topics("sa soeur") == topics("sa soeur")
    assert topics("sa sœur")[0][1] == "family"


def test_every_language_speaks_of_every_topic() -> None:
    assert set(lexicons()) == {"en", "fr"}
    for lexicon in lexicons().values():
        assert set(lexicon.phrases) == set(Topic)
        assert all(lexicon.phrases.values())
        assert lexicon.own_only <= {phrase for phrases in lexicon.phrases.values() for phrase in phrases}


@given(st.text(), st.sampled_from(["fr", "en", "ar"]))
def test_any_text_can_be_looked_at(text: str, language: str) -> None:
    for found in sensitive_words(text, language):
        assert found.word.split()[0] in text
