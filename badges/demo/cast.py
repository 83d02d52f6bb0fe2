"""Who plays in the demo: two structures, their staff and their workers. All of them are invented."""

from dataclasses import dataclass

from badges.people.models import StructureModel
from badges.permissions import Role


@dataclass(frozen=True)
class Part:
    """Somebody in the demo. `key` names them in the story; `crew` is for workers."""

    key: str
    given_name: str
    family_name: str
    roles: frozenset[Role]
    crew: str = ""
    language: str = "fr"

    @property
    def email(self) -> str | None:
        """Return an address that cannot exist, for staff only: workers have none."""
        return None if self.roles == {Role.WORKER} else f"{self.key}@jardins.example"


@dataclass(frozen=True)
class Stage:
    """A structure of the demo and the people in it."""

    legal_name: str
    kind: str
    model: StructureModel
    public_name: str
    public_description: str
    parts: tuple[Part, ...]


def _staff(key: str, given_name: str, family_name: str, *roles: Role) -> Part:
    return Part(key, given_name, family_name, frozenset(roles))


def _worker(key: str, given_name: str, family_name: str, crew: str, language: str = "fr") -> Part:
    return Part(key, given_name, family_name, frozenset({Role.WORKER}), crew, language)


GARDENS = Stage(
    legal_name="Association Les Jardins du Canal, atelier et chantier d'insertion",
    kind="ACI",
    model=StructureModel.TREMPLIN,
    public_name="Les Jardins du Canal",
    public_description="Maraîchage et espaces verts, livraison de paniers de légumes.",
    parts=(
        _staff("marc", "Marc", "Lefèvre", Role.SUPERVISOR),
        _staff("karim", "Karim", "Haddad", Role.SUPERVISOR),
        _staff("sophie", "Sophie", "Marchal", Role.TUTOR),
        _staff("lea", "Léa", "Fontaine", Role.COACH),
        _staff("nadia", "Nadia", "Benali", Role.REVIEWER),
        _staff("paul", "Paul", "Girard", Role.REVIEWER, Role.SUPERVISOR),
        _staff("claire", "Claire", "Morel", Role.ADMIN),
        _worker("amina", "Amina", "Diallo", "Équipe des serres"),
        _worker("yusuf", "Yusuf", "Demir", "Équipe des serres"),
        _worker("olena", "Olena", "Kovalenko", "Équipe des serres", "en"),
        _worker("moussa", "Moussa", "Traoré", "Équipe des paniers"),
        _worker("rosa", "Rosa", "Ferreira", "Équipe des paniers"),
        _worker("chloe", "Chloé", "Martin", "Équipe des paniers"),
    ),
)

KITCHEN = Stage(
    legal_name="La Table d'à côté, entreprise d'insertion",
    kind="EI",
    model=StructureModel.SOCIAL_INTEGRATION,
    public_name="La Table d’à côté",
    public_description="Cuisine de saison, repas de quartier et plateaux livrés.",
    parts=(
        _staff("ines", "Inès", "Rousseau", Role.ADMIN, Role.SUPERVISOR, Role.COACH),
        _worker("tomas", "Tomás", "Silva", "Cuisine"),
    ),
)
