"""The first tables of an evening."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_STATES = ("received", "checking", "waiting", "refused", "queued", "on-stage", "done", "deleted")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "night",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("moderation", sa.Boolean, server_default=sa.true(), nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("stage", sa.Boolean, nullable=False),
        sa.Column("capacity", sa.Integer, nullable=False),
        sa.Column("device_quota", sa.Integer, nullable=False),
        sa.Column("keep_s", sa.Double, nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
    )
    _make_visitors()
    op.create_table(
        "consent_texts",
        sa.Column("version", sa.String(16), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("visitor", sa.Integer, sa.ForeignKey("visitors.number"), index=True, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("version", sa.String(16), sa.ForeignKey("consent_texts.version"), nullable=False),
        sa.Column("agreed_at", sa.Double, nullable=False),
    )
    op.create_table(
        "results",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("visitor", sa.Integer, sa.ForeignKey("visitors.number"), index=True, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("file", sa.String(64), nullable=False),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("batch", sa.Integer, index=True, nullable=False),
        sa.Column("visitor", sa.Integer, sa.ForeignKey("visitors.number"), index=True, nullable=False),
        sa.Column("approved", sa.Boolean, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
    )
    op.create_table(
        "bans",
        sa.Column("device", sa.String(64), primary_key=True),
        sa.Column("batch", sa.Integer, nullable=False),
    )


def _make_visitors() -> None:
    op.create_table(
        "visitors",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("state", sa.Enum(*_STATES, name="state", native_enum=False, length=16), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("key_hash", sa.String(64), unique=True),
        sa.Column("device", sa.String(64), index=True),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("stage_consent", sa.Boolean, nullable=False),
        sa.Column("photo", sa.String(64), nullable=False),
        sa.Column("received_at", sa.Double, nullable=False),
        sa.Column("changed_at", sa.Double, nullable=False),
        sa.Column("delete_at", sa.Double, index=True, nullable=False),
        sa.Column("approved_at", sa.Double),
        sa.Column("hurried_at", sa.Double),
        sa.Column("films_at", sa.Double),
        sa.Column("staged_at", sa.Double),
        sa.Column("nearest", sa.Text, nullable=False),
        sa.Column("farthest", sa.Text, nullable=False),
        sa.Column("work_token", sa.String(32)),
        sa.Column("work_until", sa.Double),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("stage_token", sa.String(32)),
        sa.Column("stage_until", sa.Double),
    )
    op.create_index("visitors_by_state", "visitors", ["state", "number"])
