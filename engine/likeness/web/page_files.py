"""The page's files, read once: names, kinds, contents and a hash that tells a page it is out of date."""

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from likeness.web.join_modules import join_modules

FOLDER = Path(__file__).parent / "page"
INDEX = "index.html"
# All modules in one, made when the files are read; each is served by itself, too.
JOINED = "page.js"
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
        contents = {path.name: path.read_bytes() for path in paths}
        modules = {path.stem: contents[path.name].decode() for path in paths if path.suffix == ".js"}
        contents[JOINED] = join_modules(modules, "desk", apart="preact").encode()
        self.files: Mapping[str, PageFile] = {name: _pack(name, content) for name, content in contents.items()}
        self.version = hashlib.sha256("".join(each.tag for each in self.files.values()).encode()).hexdigest()[:16]


def _pack(name: str, content: bytes) -> PageFile:
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return PageFile(KINDS[Path(name).suffix], content, gzip.compress(content, mtime=0), tag)
