"""The page's files, read once: names, kinds, contents and a hash that tells a page it is out of date."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "page"
INDEX = "index.html"
# Everything that may lie in the folder; a file of another kind is not served.
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True)
class PageFile:
    """One file of the page.

    Args:
        kind: for the header `Content-Type`.
        content: its bytes.
        packed: the same as gzip, for a tablet on a slow network.
        tag: for the header `ETag`.
    """

    kind: str
    content: bytes
    packed: bytes
    tag: str


class PageFiles:
    """The files of the page by name, as they were when the show began. Any thread.

    Args:
        folder: holds them.

    Attributes:
        files: by name.
        version: a hash of all of them.
    """

    def __init__(self, folder: Path = FOLDER) -> None:
        paths = sorted(path for path in folder.iterdir() if path.suffix in KINDS and path.is_file())
        self.files: Mapping[str, PageFile] = {path.name: _read(path) for path in paths}
        self.version = hashlib.sha256("".join(each.tag for each in self.files.values()).encode()).hexdigest()[:16]


def _read(path: Path) -> PageFile:
    content = path.read_bytes()
    packed = gzip.compress(content, mtime=0)
    return PageFile(KINDS[path.suffix], content, packed, f'"{hashlib.sha256(content).hexdigest()[:32]}"')
