"""What can go wrong with backups, restores and the witness."""

from badges.errors.families import N_, Conflict, InvalidInput, Unavailable


class ProgramMissing(Unavailable):
    """A program of PostgreSQL that we call is not installed."""

    id = "program-missing"
    message = N_(
        "The program “%(program)s” is not on this machine. Install postgresql-client, then try again."
    )


class BackupFailed(Unavailable):
    """Saving or putting back went wrong half-way; what was half done is gone."""

    id = "backup-failed"
    message = N_("It stopped half-way and nothing half-done was kept: %(reason)s")


class BackupUnreadable(InvalidInput):
    """What stands in the folder is not a whole backup of ours, or not one for this place."""

    id = "backup-unreadable"
    message = N_("“%(place)s” cannot be put back: %(reason)s. Nothing was touched.")


class StoreNotEmpty(Conflict):
    """A restore was asked into a database that holds something."""

    id = "store-not-empty"
    message = N_(
        "This database is not empty, and a restore never overwrites. "
        "Move it away or name an empty one in BADGES_DATABASE_URL, then try again."
    )


class WitnessNeeded(InvalidInput):
    """A restore without a witness must be wished for by name."""

    id = "witness-needed"
    message = N_(
        "Name the witness with --witness DIR. If there is none, say --no-witness: badges withdrawn after the "
        "backup will then look valid again, and badges signed with a key made after it will no longer verify."
    )


class WitnessAway(Unavailable):
    """The witness cannot be reached; what it must see first is not published."""

    id = "witness-away"
    message = N_(
        "The witness folder “%(folder)s” cannot be reached, and nothing is published that it has not seen. "
        "Mount it or mend BADGES_WITNESS_DIR; we try again by ourselves."
    )


class WitnessAhead(Conflict):
    """The witness saw something newer than this database knows: the database is an old one."""

    id = "witness-ahead"
    message = N_(
        "The witness has seen a newer “%(name)s” than this database knows, so this database is an old copy. "
        "Nothing is published over it. Put it back with “badges restore --witness”."
    )


class WitnessDoubtful(InvalidInput):
    """A file of the witness is not what we wrote there."""

    id = "witness-doubtful"
    message = N_(
        "The witness file “%(name)s” cannot be trusted: %(reason)s. Nothing was put back. "
        "Find the right witness, or a good copy of this file."
    )


class RestoreUnacknowledged(Unavailable):
    """The store was put back from a backup and nobody has said yet that they know what is missing."""

    id = "restore-unacknowledged"
    message = N_(
        "The platform was put back from a backup. Badges are read and verified as usual; "
        "new ones wait until the operator has looked at what is missing. Nothing is lost by waiting."
    )


class RestoreUnfinished(Conflict):
    """The process died between loading the backup and merging the witness into it."""

    id = "restore-unfinished"
    message = N_("This restore did not come to its end. Empty the database and restore again.")


class NothingToAcknowledge(Conflict):
    """No restore waits for an answer."""

    id = "nothing-to-acknowledge"
    message = N_("No restore waits to be acknowledged. There is nothing to do.")
