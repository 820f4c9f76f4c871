"""The photos of a folder: its files without hidden ones, editors' copies, and what systems put beside photos."""

from collections.abc import Iterable
from pathlib import Path, PurePath

# Folders that macOS puts into archives, and Synology's thumbnails of every photo.
SYSTEM_FOLDERS = frozenset({"__macosx", "@eadir"})
SYSTEM_FILES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini"})
# Copies that editors, merges and downloads leave beside a file: x.jpg~, x.jpg.orig.
COPY_ENDINGS = ("~", ".bak", ".orig", ".swp", ".tmp", ".part", ".crdownload")


def is_litter(path: PurePath) -> bool:
    """Return whether a file, by its path in a folder or an archive, is no photo of the user's, whatever it holds."""
    name = path.name.lower()
    return (
        any((part.startswith(".") and part not in (".", "..")) or part.lower() in SYSTEM_FOLDERS for part in path.parts)
        or name in SYSTEM_FILES
        or name.endswith(COPY_ENDINGS)
        or (name.startswith("#") and name.endswith("#"))
    )


def list_photo_files(folder: Path, *, sub_folders: bool = False) -> list[Path]:
    """Return the files of `folder` by name, litter left out; they need not be photos.

    Raises:
        OSError: it cannot be read.
    """
    found: Iterable[Path] = folder.rglob("*") if sub_folders else folder.iterdir()
    return sorted(path for path in found if not is_litter(path.relative_to(folder)) and path.is_file())
