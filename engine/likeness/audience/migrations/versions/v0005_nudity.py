"""A score by which the operator's grid is sorted."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column."""
    op.add_column("visitors", sa.Column("nudity", sa.Double))
