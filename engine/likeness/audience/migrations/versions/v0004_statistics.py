"""No samples of what visitors are known by in PostgreSQL's statistics: they would outlive the visitors."""

from alembic import op

revision = "0004"
down_revision = "0003"

PRIVATE = {
    "visitors": ("key_hash", "device", "stage_name", "photo", "nearest", "farthest", "work_token", "stage_token"),
    "results": ("file",),
    "bans": ("device",),
    "mails": ("address", "link"),
}


def upgrade() -> None:
    """Collect none from now on."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, columns in PRIVATE.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")
