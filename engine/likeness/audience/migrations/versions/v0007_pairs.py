"""Pairs of visitors, and the codes by which they find each other."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

PRIVATE = {"visitors": ("pair_hash",), "pairs": ("film", "work_token")}


def upgrade() -> None:
    """Make the table and the column; PostgreSQL keeps no samples of what is private."""
    op.add_column("visitors", sa.Column("pair_hash", sa.String(64)))
    op.create_index("ix_visitors_pair_hash", "visitors", ["pair_hash"])
    op.create_table(
        "pairs",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("first", sa.Integer, sa.ForeignKey("visitors.number"), index=True, nullable=False),
        sa.Column("second", sa.Integer, sa.ForeignKey("visitors.number"), index=True, nullable=False),
        sa.Column("joined_at", sa.Double, nullable=False),
        sa.Column("film", sa.String(64), nullable=False),
        sa.Column("failed", sa.Boolean, nullable=False),
        sa.Column("work_token", sa.String(32)),
        sa.Column("work_until", sa.Double),
        sa.Column("attempts", sa.Integer, nullable=False),
    )
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, columns in PRIVATE.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")
