"""The outbox of mails, and how far a visitor's mail has come."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "mails",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("visitor", sa.Integer, sa.ForeignKey("visitors.number"), unique=True, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.Double, nullable=False),
    )
    op.add_column("visitors", sa.Column("mail", sa.String(16), server_default="", nullable=False))
