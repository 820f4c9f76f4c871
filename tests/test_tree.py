"""The rules of the tree: where tests lie, how long files are, which paths the pages name, how docstrings begin."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ENGINE = ROOT / "engine" / "likeness"
PACKAGES = sorted(path.parent for path in ENGINE.rglob("__init__.py"))
MOST_LINES = 320
MOST_ENTRIES = 40
# What is tested of the tree as a whole, and of files that are no modules.
WHOLE_TREE = {"test_compose.py", "test_docs.py", "test_imports.py", "test_presets.py", "test_run.py", "test_tree.py"}
PAGES = sorted(
    [*ROOT.glob("*.md"), *(page for folder in ("docs", "faces", "weights") for page in ROOT.glob(f"{folder}/*.md"))]
)
# First words of a sentence about the file, in place of what is in it.
NO_NOUN = re.compile(
    r"(What|How|Where|Whether|Who|Whom|Whose|Which|When|Why|Are|Has|Have"
    r"|(Begin|Bring|Build|Carrie|Change|Choose|Cut|Decide|Do|Draw|Find|Fit|Hear|Hold|Keep|Lead|Let|Load|Look|Make"
    r"|Open(?! Stage)|Play|Put|Read|Refine|Run|Save|Say|Show|Take|Tell|Train|Turn|Watche|Write)s?)\b"
)
# These speak of the engine's own files, relative to its folder too.
MAPS = {"README.md", "architecture.md", "glossary.md", "CONTRIBUTING.md"}
# A page's example may be a file that only its reader has; these folders are the repository's own.
OURS = re.compile(r"(engine|plugins|presets|tests|docs|controllers|weights|faces)/[\w./*-]+")
OF_THE_ENGINE = re.compile(r"[\w/]+(/|/\w+\.py)|\w+\.py")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def python_files() -> list[Path]:
    folders = ("engine", "plugins", "tests", "docs")
    return [ROOT / "run.py", *(path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))]


def names_in(folder: Path) -> set[str]:
    """Return the folder's own name and those of its modules, in Python or JavaScript, and packages."""
    modules = {path.stem for path in folder.iterdir() if path.suffix in (".py", ".js")} if folder.is_dir() else set()
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    return {folder.name, *modules, *packages} - {"__init__"}


def entries_of(package: Path) -> set[str]:
    """Return what lies in the package, folders with a slash at their end."""
    found = {f"{path.name}/" if path.is_dir() else path.name for path in package.iterdir()}
    return found - {"__pycache__/"}


def docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def mirrored(test: Path) -> Path:
    """Return the folder whose modules a test file of this place is about."""
    inside = test.parent.relative_to(ROOT / "tests")
    return ENGINE / inside.relative_to("engine") if inside.parts[:1] == ("engine",) else ROOT / inside


def test_a_test_file_lies_where_its_module_does_and_begins_with_its_name() -> None:
    stray = []
    for test in (ROOT / "tests").rglob("test_*.py"):
        subject = test.stem.removeprefix("test_")
        if test.parent == ROOT / "tests":
            known = test.name in WHOLE_TREE
        else:
            known = any(subject == module or subject.startswith(f"{module}_") for module in names_in(mirrored(test)))
        if not known:
            stray.append(name(test))
    assert stray == []


def test_a_file_is_read_in_one_sitting() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}


def test_the_package_is_seen_on_one_screen() -> None:
    # The marker for type checkers is no part that anybody looks for.
    assert len(entries_of(ENGINE) - {"py.typed"}) <= MOST_ENTRIES


def test_a_package_says_what_it_is_for_and_in_which_order_to_read_it() -> None:
    lines = {name(package): len(docstring(package / "__init__.py").splitlines()) for package in PACKAGES}
    assert {package: count for package, count in lines.items() if not 5 <= count <= 20} == {}


def test_a_module_docstring_begins_with_a_noun_phrase() -> None:
    firsts = {name(path): docstring(path).partition("\n")[0] for path in sorted(ENGINE.rglob("*.py"))}
    assert {path: first for path, first in firsts.items() if NO_NOUN.match(first) or not first} == {}


def paths_of(page: Path) -> Iterator[str]:
    """Yield the paths of this repository that a page names, in links and in code."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if "://" not in target:
            yield target
    for code in re.findall(r"`([^`\n]+)`", text):
        if OURS.fullmatch(code) or (page.name in MAPS and OF_THE_ENGINE.fullmatch(code)):
            yield code


def defines(code: str, symbol: str) -> bool:
    """Return whether a module's code defines or imports `symbol`, as far as its text tells."""
    assigned = rf"^\s*(self\.)?{symbol}(: .*)? = |^\s*{symbol}: "
    pattern = rf'^\s*(async )?(def|class) {symbol}\b|{assigned}|import .*\b{symbol}\b|"{symbol}"'
    return re.search(pattern, code, re.MULTILINE) is not None


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_path_that_a_page_names_is_there(page: Path) -> None:
    places = [page.parent, ROOT, *([ENGINE] if page.name in MAPS else [])]
    assert [path for path in paths_of(page) if not any(list(place.glob(path)) for place in places)] == []


@pytest.mark.parametrize("page", [page for page in PAGES if page.name in MAPS], ids=name)
def test_every_name_that_a_map_places_in_a_file_is_in_that_file(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    placed = re.findall(r"`([\w.]+)` in `([\w./]+\.py)`", text)
    files = {path: next(place / path for place in (ENGINE, ROOT) if (place / path).is_file()) for _, path in placed}
    lost = [
        (symbol, path)
        for symbol, path in placed
        for part in symbol.split(".")
        if not defines(files[path].read_text(encoding="utf-8"), part)
    ]
    assert lost == []


def test_the_architecture_has_a_line_for_every_entry_of_the_package() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    missing = {entry for entry in entries_of(ENGINE) if f"| `{entry}` |" not in text}
    assert missing == {"__init__.py", "py.typed"}


def test_the_architecture_names_threads_that_the_code_starts() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    code = "\n".join(path.read_text(encoding="utf-8") for path in ENGINE.rglob("*.py"))
    threads = {thread.removesuffix(" ...") for thread in re.findall(r'thread "([^"]+)"', text)}
    assert len(threads) >= 5
    assert {thread for thread in threads if not re.search(rf'"{thread}\b', code)} == set()


def dotted_names(page: Path) -> set[str]:
    """Return the names of the engine that a page writes with dots, or imports in an example."""
    text = page.read_text(encoding="utf-8")
    imported = re.findall(r"^from (likeness[\w.]*) import ([\w, ]+)$", text, re.MULTILINE)
    found = {f"{module}.{each.strip()}" for module, names in imported for each in names.split(",")}
    return found | set(re.findall(r"\blikeness(?:\.[A-Za-z_]\w*)+\b(?!/)", text))


def is_there(dotted: str) -> bool:
    parts = dotted.split(".")[1:]
    place = ENGINE
    while parts and (place / parts[0]).is_dir():
        place = place / parts.pop(0)
    file = place / f"{parts[0]}.py" if parts else place
    module = file if parts and file.is_file() else place / "__init__.py"
    code = module.read_text(encoding="utf-8")
    return all(defines(code, part) for part in parts[1 if module == file else 0 :])


# A changelog names what is no more.
@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=name)
def test_every_name_of_the_engine_on_a_page_is_there(page: Path) -> None:
    assert {dotted for dotted in dotted_names(page) if not is_there(dotted)} == set()


def test_tests_that_share_a_server_share_a_worker(request: pytest.FixtureRequest) -> None:
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("no groups are asked for here")
    # Two workers with a MIDI server, a browser or trained weights each would fail each other's tests.
    assert "@" in request.node.nodeid
