"""What can go wrong with competency frameworks."""

from badges.errors.families import N_, NotFound


class UnknownSkill(NotFound):
    """The framework version has no such skill, level or behaviour."""

    id = "unknown-skill"
    message = N_("The framework does not have “%(skill)s”. Choose a skill from the list.")
