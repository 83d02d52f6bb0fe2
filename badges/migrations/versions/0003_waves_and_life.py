"""Templates, waves, purposes of status lists, JWT keys, the life of a credential, restores."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_ACTIVE = sa.text("state = 'active'")


def upgrade() -> None:
    """Only additions: the release before runs on this schema."""
    _create_templates()
    _create_jwt_keys()
    _create_spent_entries()
    _create_waves()
    _create_restores()
    _add_columns()
    _make_room_for_bodies()
    _index_what_is_owed()
    _index_what_is_revoked()


def _create_templates() -> None:
    op.create_table(
        "issuing_templates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("achievement_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuing_templates")),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["issuer_profiles.id"], name=op.f("fk_issuing_templates_profile_id_issuer_profiles")
        ),
        sa.ForeignKeyConstraint(
            ["achievement_id"], ["achievements.id"], name=op.f("fk_issuing_templates_achievement_id_achievements")
        ),
        sa.UniqueConstraint("profile_id", "digest", name=op.f("uq_issuing_templates_profile_id")),
    )
    op.create_index("ix_issuing_templates_profile_id", "issuing_templates", ["profile_id"])
    op.create_index("ix_issuing_templates_achievement_id", "issuing_templates", ["achievement_id"])


def _create_jwt_keys() -> None:
    op.create_table(
        "jwt_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("thumbprint", sa.String(80), nullable=False),
        sa.Column("beside", sa.String(80), nullable=False),
        sa.Column("public_jwk", sa.Text(), nullable=False),
        sa.Column("sealed_private", sa.LargeBinary(), nullable=False),
        sa.Column("kek", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("retired_at", _MOMENT, nullable=True),
        sa.Column("compromised_from", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jwt_keys")),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["issuer_profiles.id"], name=op.f("fk_jwt_keys_profile_id_issuer_profiles")
        ),
        sa.UniqueConstraint("thumbprint", name=op.f("uq_jwt_keys_thumbprint")),
    )
    op.create_index("ix_jwt_keys_profile_id", "jwt_keys", ["profile_id"])
    op.create_index(
        "uq_jwt_keys_active", "jwt_keys", ["profile_id"], unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE
    )


def _create_spent_entries() -> None:
    op.create_table(
        "spent_status_entries",
        sa.Column("status_list_id", sa.Uuid(), nullable=False),
        sa.Column("status_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cause", sa.String(40), nullable=False),
        sa.Column("spent_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("status_list_id", "status_index", name=op.f("pk_spent_status_entries")),
        sa.ForeignKeyConstraint(
            ["status_list_id"], ["status_lists.id"], name=op.f("fk_spent_status_entries_status_list_id_status_lists")
        ),
    )


def _create_waves() -> None:
    op.create_table(
        "waves",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("structure_id", sa.Uuid(), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=True),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waves")),
        sa.ForeignKeyConstraint(["structure_id"], ["structures.id"], name=op.f("fk_waves_structure_id_structures")),
        sa.ForeignKeyConstraint(["started_by"], ["persons.id"], name=op.f("fk_waves_started_by_persons")),
    )
    op.create_index("ix_waves_structure_id", "waves", ["structure_id"])
    op.create_table(
        "wave_claims",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("chunk", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_wave_claims")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_wave_claims_claim_id_claims")),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_wave_claims_wave_id_waves")),
    )
    op.create_index("ix_wave_claims_chunk", "wave_claims", ["wave_id", "chunk"])


def _create_restores() -> None:
    op.create_table(
        "restores",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("backup_at", _MOMENT, nullable=False),
        sa.Column("missing_lines", sa.Integer(), nullable=True),
        sa.Column("merged_bits", sa.Integer(), nullable=False),
        sa.Column("acknowledged_at", _MOMENT, nullable=True),
        sa.Column("acknowledged_by", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restores")),
    )


def _add_columns() -> None:
    for table, column in (
        ("issuer_profiles", sa.Column("issues_in_waves", sa.Boolean(), server_default=sa.false(), nullable=False)),
        ("issuer_profiles", sa.Column("validity_months", sa.Integer(), nullable=True)),
        ("issuer_keys", sa.Column("custodian", sa.String(20), server_default="local", nullable=False)),
        ("status_lists", sa.Column("purpose", sa.String(40), server_default="revocation", nullable=False)),
        ("status_lists", sa.Column("closed_at", _MOMENT, nullable=True)),
        ("credentials", sa.Column("valid_until", _MOMENT, nullable=True)),
        ("credentials", sa.Column("suspended_at", _MOMENT, nullable=True)),
        ("credentials", sa.Column("suspension_reason", sa.String(300), server_default="", nullable=False)),
    ):
        op.add_column(table, column)
    for column, target in (("template_id", "issuing_templates"), ("renews_id", "credentials"), ("suspended_by", "persons")):
        _add_reference("credentials", column, target)
    op.create_index("ix_credentials_template_id", "credentials", ["template_id"])
    op.create_index("ix_credentials_renews_id", "credentials", ["renews_id"])


def _add_reference(table: str, column: str, target: str) -> None:
    """SQLite adds a reference with its column only; rebuilding a table that others refer to would not do."""
    if op.get_context().dialect.name == "sqlite":
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN {column} CHAR(32) "
            f"CONSTRAINT fk_{table}_{column}_{target} REFERENCES {target} (id)"
        )
        return
    op.add_column(table, sa.Column(column, sa.Uuid(), nullable=True))
    op.create_foreign_key(f"fk_{table}_{column}_{target}", table, target, [column], ["id"])


def _make_room_for_bodies() -> None:
    """Signed bodies pack twice as fast with lz4, where PostgreSQL has it (14 and newer)."""
    if op.get_context().dialect.name == "sqlite":
        return
    known = op.get_bind().scalar(
        sa.text("SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'")
    )
    if known:
        for table in ("credentials", "superseded_editions"):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN signed SET COMPRESSION lz4")


def _index_what_is_owed() -> None:
    """Done messages stay by the million: what is owed has an index of its own, in the order it is taken."""
    owed = sa.text("done_at IS NULL")
    op.create_index("ix_outbox_owed", "outbox", ["id"], postgresql_where=owed, sqlite_where=owed)
    op.drop_index("ix_outbox_done_at", "outbox")
    op.drop_index("ix_outbox_due_at", "outbox")


def _index_what_is_revoked() -> None:
    """Publishing a list must not read the bodies of its 131,072 credentials to find the few that are withdrawn."""
    revoked = sa.text("revoked_at IS NOT NULL")
    op.create_index(
        "ix_credentials_revoked",
        "credentials",
        ["status_list_id", "status_index"],
        postgresql_where=revoked,
        sqlite_where=revoked,
    )


def downgrade() -> None:
    """Take away what was added."""
    op.drop_index("ix_credentials_revoked", "credentials")
    op.create_index("ix_outbox_due_at", "outbox", ["due_at"])
    op.create_index("ix_outbox_done_at", "outbox", ["done_at"])
    op.drop_index("ix_outbox_owed", "outbox")
    op.drop_index("ix_credentials_template_id", "credentials")
    op.drop_index("ix_credentials_renews_id", "credentials")
    for table, columns in (
        ("credentials", ("template_id", "renews_id", "suspended_by", "suspended_at", "suspension_reason", "valid_until")),
        ("status_lists", ("closed_at", "purpose")),
        ("issuer_keys", ("custodian",)),
        ("issuer_profiles", ("validity_months", "issues_in_waves")),
    ):
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.drop_column(column)
    for table in ("restores", "wave_claims", "waves", "spent_status_entries", "jwt_keys", "issuing_templates"):
        op.drop_table(table)
