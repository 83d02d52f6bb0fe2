"""Words that would tell strangers of a worker's situation: warned about in texts that go on every badge."""

import re

from badges.people.rules_roster_file import fold

# Written in capitals, so that "ai" in "j'ai" means nothing.
ACRONYMS = frozenset(
    {"ACI", "AI", "ASE", "CADA", "CDDI", "CHRS", "CISP", "CPAS", "CSAPA", "EI", "EITI", "ESAT",
     "ETA", "ETTI", "GEIQ", "IAE", "ILI", "OCIP", "PLIE", "PJJ", "RQTH", "RSA", "SIAE", "SPIP"}
)  # fmt: skip
PHRASES = (
    "insertion", "reinsertion", "atelier chantier", "chantier ecole", "integration sociale", "travail adapte",
    "travail protege", "entreprise adaptee", "economie sociale d insertion", "handicap", "en difficulte",
    "eloigne de l emploi", "eloignes de l emploi", "eloignees de l emploi", "exclusion", "precarite",
    "precaire",
    "demandeurs d emploi", "chomeurs", "chomage de longue duree", "beneficiaires", "refugie", "sans abri",
    "sans papiers", "sortant de prison", "sous main de justice", "detenu", "prison", "addiction", "alcool",
    "france travail", "pole emploi", "mission locale", "assistance publique", "reintegration",
    "rehabilitation",
    "sheltered work", "disabilit", "disabled", "vulnerable", "disadvantaged", "underprivileged", "unemployed",
    "homeless", "refugee", "asylum", "ex offender", "probation", "welfare", "social integration",
)  # fmt: skip


def telling_words(*texts: str) -> tuple[str, ...]:
    """Return the words of `texts` that name a scheme, a prescriber or a difficulty, as they are written."""
    found: dict[str, None] = {}
    for text in texts:
        for word in re.findall(r"\b[A-Z]{2,6}\b", text):
            if word in ACRONYMS:
                found[word] = None
        plain = " " + " ".join(re.sub(r"[^a-z0-9]+", " ", fold(text)).split()) + " "
        for phrase in PHRASES:
            if re.search(rf" {phrase}", plain):
                found[phrase] = None
    return tuple(found)
