"""The page of films and pictures: one HTML file beside them, without scripts and without other hosts."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

PAGE = "index.html"

_STYLE = """
:root { color-scheme: dark; }
body { margin: 0 auto; max-width: 70rem; padding: 1rem; background: #111; color: #eee; font: 1rem/1.5 sans-serif; }
h1, h2 { font-weight: 500; margin: 2rem 0 .5rem; }
.row { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); }
.small { grid-template-columns: repeat(4, minmax(0, 1fr)); gap: .5rem; }
figure { margin: 0; }
img, video { display: block; width: 100%; height: auto; background: #000; border-radius: .3rem; }
figcaption { padding: .3rem 0; color: #bbb; overflow-wrap: anywhere; }
.small figcaption { font-size: .85rem; }
a { color: #9cf; }
"""


@dataclass(frozen=True)
class PagePart:
    """One heading of the page.

    Attributes:
        title: of it.
        films: files, the texts below them, and the pictures that they show before they play.
        stills: pictures with the texts below them.
    """

    title: str
    films: Sequence[tuple[Path, str, Path]]
    stills: Sequence[tuple[Path, str]]


def build_page(parts: Sequence[PagePart]) -> str:
    """Return the page's HTML; files are named relative to it."""
    body = "\n".join(_build_part(part) for part in parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n'
        f"<title>Whom do you resemble?</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>Whom do you resemble?</h1>\n{body}\n</body>\n</html>\n"
    )


def _build_part(part: PagePart) -> str:
    films = "\n".join(
        f'<figure><video src="{_address(film)}" poster="{_address(poster)}" '
        'controls loop muted playsinline preload="metadata">'
        f'</video><figcaption>{escape(text)} <a href="{_address(film)}" download>Download</a></figcaption></figure>'
        for film, text, poster in part.films
    )
    stills = "\n".join(
        f'<figure><img src="{_address(still)}" alt="{escape(text)}"><figcaption>{escape(text)}</figcaption></figure>'
        for still, text in part.stills
    )
    return (
        f'<section>\n<h2>{escape(part.title)}</h2>\n<div class="row">\n{films}\n</div>\n'
        f'<div class="row small">\n{stills}\n</div>\n</section>'
    )


def _address(file: Path) -> str:
    """Return the address of a file beside the page; a name's bytes that are no text stay what they are."""
    return escape(quote(os.fsencode(file.name)))
