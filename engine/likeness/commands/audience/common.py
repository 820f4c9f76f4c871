"""Options of the commands of the audience."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

_DATABASE = "Of SQLAlchemy, such as postgresql+pg8000://user@host/night; by default a SQLite file in the folder."
_STORAGE = "Of fsspec, such as s3://bucket/night, for photos and films; by default a folder in the folder."

Folder = Annotated[Path | None, Parameter(help="Where the evening is kept, by default ~/.likeness/audience.")]
DatabaseUrl = Annotated[str | None, Parameter(name="--database", help=_DATABASE)]
StorageUrl = Annotated[str | None, Parameter(name="--storage", help=_STORAGE)]


def evening_folder(folder: Path | None) -> Path:
    """Return the folder of the evening."""
    from likeness.files.paths import user_dir

    return folder or user_dir("audience")
