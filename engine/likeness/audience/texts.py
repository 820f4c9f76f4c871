"""The texts that visitors read: Markdown files in three languages, which a house may replace."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from markdown_it import MarkdownIt

from likeness.audience.admission import AgreedText
from likeness.errors import AudienceError
from likeness.files.text_file import read_text

LANGUAGES: Mapping[str, str] = {"en": "English", "nl": "Nederlands", "de": "Deutsch"}
CONSENTS = ("compare", "stage")
FOLDER = Path(__file__).with_name("texts")
_HEADING = re.compile(r"^## +([a-z-]+) *$", re.MULTILINE)
_FILLED = re.compile(r"\{([a-z]+)\}")
# Of the SHA-256; as much as git shows of a commit, and more.
_VERSION_LENGTH = 16


class Texts:
    """The texts of all languages.

    Args:
        folder: of the house: `en.md`, `nl.md` or `de.md` in it replaces headings of ours.

    Raises:
        AudienceError: a file there is no text, or has a heading that nobody asks for.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._markdown = MarkdownIt("commonmark", {"html": False})
        self._texts = {language: _read(FOLDER / f"{language}.md") for language in LANGUAGES}
        for language, texts in self._texts.items():
            own = folder / f"{language}.md" if folder is not None else None
            if own is not None and own.is_file():
                self._replace(texts, own)

    def plain(self, language: str, key: str, **filled: object) -> str:
        """Return a text with its Markdown as it stands, for titles and buttons."""
        return _FILLED.sub(lambda found: str(filled.get(found[1], found[0])), self._texts[language][key])

    def html(self, language: str, key: str, **filled: object) -> str:
        """Return a text as HTML; tags in the file or in what is filled in stay text."""
        return str(self._markdown.render(self.plain(language, key, **filled)))

    def consent(self, language: str, kind: str) -> AgreedText:
        """Return the text that stands beside a tick, with the version of its words."""
        text = self._texts[language][f"consent-{kind}"]
        version = hashlib.sha256(f"{kind} {language}\n{text}".encode()).hexdigest()[:_VERSION_LENGTH]
        return AgreedText(kind, version, language, text)

    def _replace(self, texts: dict[str, str], file: Path) -> None:
        own = _read(file)
        unknown = sorted(set(own) - set(texts))
        if unknown:
            raise AudienceError(f"{file} has the heading {unknown[0]!r}, which nothing shows; see {FOLDER / file.name}")
        texts.update(own)


def choose_language(asked: str, accepted: str) -> str:
    """Return the language of a page.

    Args:
        asked: by a link, "" where it does not say.
        accepted: the browser's Accept-Language.
    """
    if asked in LANGUAGES:
        return asked
    wanted: list[tuple[float, str]] = []
    for part in accepted.split(",")[:20]:
        tag, _, quality = part.strip().partition(";q=")
        language = tag.strip().lower().partition("-")[0]
        weight = re.fullmatch(r"(0|1)(\.\d{0,3})?", quality.strip() or "1")
        if language in LANGUAGES and weight and float(weight[0]) > 0:
            wanted.append((float(weight[0]), language))
    # Of two that are wanted alike the first counts.
    return max(wanted, key=lambda each: each[0], default=(0.0, "en"))[1]


def _read(file: Path) -> dict[str, str]:
    parts = _HEADING.split(read_text(file))
    return {key: text.strip() for key, text in zip(parts[1::2], parts[2::2], strict=True)}
