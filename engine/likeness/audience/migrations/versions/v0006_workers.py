"""The workers that are there."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "workers",
        sa.Column("token", sa.String(32), primary_key=True),
        sa.Column("ready", sa.Boolean, nullable=False),
        sa.Column("seen_at", sa.Double, nullable=False),
    )
