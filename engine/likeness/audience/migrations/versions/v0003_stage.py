"""Names for the stage, and when photos are taken in and films are seen."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("visitors", sa.Column("stage_name", sa.String(24), server_default="", nullable=False))
    op.add_column("night", sa.Column("until", sa.Double))
    for name in ("reveal", "drop_only"):
        op.add_column("night", sa.Column(name, sa.Boolean, server_default=sa.false(), nullable=False))
    for name in ("reveal_at", "revealed_at"):
        op.add_column("night", sa.Column(name, sa.Double))
