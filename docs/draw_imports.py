"""The picture of the imports: `python docs/draw_imports.py > docs/architecture.svg`.

One box is a package or a top-level module; those of the lowest layer in pyproject.toml are one box, the vocabulary.
An arrow goes from a package to one that it imports; what follows from two arrows in a row has none of its own.
Each box stands above all that it imports, as low as it can. The same code gives the same picture.
"""

import ast
import sys
import textwrap
import tomllib
from collections.abc import Iterable, Mapping
from html import escape
from itertools import pairwise
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
VOCABULARY = "vocabulary"
BOX_WIDTH, BOX_HEIGHT, GAP, ROW_HEIGHT, MARGIN = 208, 50, 20, 82, 16
# A place in a row that an arrow passes through on its way further down.
LANE_WIDTH = 14
TEXT_COLUMNS = 34
SWEEPS = 40

Graph = Mapping[str, frozenset[str]]
# A box, or an arrow's lane in one row: (importer, imported, row).
Place = str | tuple[str, str, int]


def vocabulary() -> tuple[str, ...]:
    """Return the modules of the lowest layer, as pyproject.toml has them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = next(each for each in settings["tool"]["importlinter"]["contracts"] if each["type"] == "layers")["layers"]
    return tuple(sorted(name.strip() for name in layers[-1].split(":")))


def imports() -> Graph:
    """Return for each box which boxes it imports."""
    lowest = vocabulary()
    graph = grimp.build_graph("likeness", cache_dir=None)
    found: dict[str, set[str]] = {}
    for module in sorted(graph.modules - {"likeness"}):
        ends = [module, *sorted(graph.find_modules_directly_imported_by(module) - {"likeness"})]
        boxes = [VOCABULARY if end.split(".")[1] in lowest else end.split(".")[1] for end in ends]
        found.setdefault(boxes[0], set()).update(box for box in boxes if box != boxes[0])
    return {box: frozenset(found[box]) for box in sorted(found)}


def reach(graph: Graph, box: str) -> frozenset[str]:
    """Return all that `box` imports, by however many steps."""
    return graph[box].union(*(reach(graph, other) for other in graph[box]))


def reduce(graph: Graph) -> Graph:
    """Return the graph without the arrows that follow from others [Aho et al. 1972]."""
    below = {box: reach(graph, box) for box in graph}
    return {
        box: frozenset(other for other in near if not any(other in below[step] for step in near))
        for box, near in graph.items()
    }


def rows(graph: Graph) -> dict[str, int]:
    """Return each box's row, from 0 at the bottom: one above the highest that it imports."""
    found: dict[str, int] = {}

    def row(box: str) -> int:
        if box not in found:
            found[box] = 1 + max((row(other) for other in graph[box]), default=-1)
        return found[box]

    for box in graph:
        row(box)
    return found


def chains(graph: Graph, row: Mapping[str, int]) -> list[list[Place]]:
    """Return each arrow as the places that it goes through, from the top down."""
    return [
        [box, *((box, other, at) for at in range(row[box] - 1, row[other], -1)), other]
        for box in graph
        for other in sorted(graph[box])
    ]


def arrange(graph: Graph, row: Mapping[str, int], arrows: Iterable[list[Place]]) -> dict[Place, float]:
    """Return the middle of each place in px: rows ordered and set by the mean of their neighbours, sweep by sweep."""
    levels: list[list[Place]] = [[] for _ in range(max(row.values()) + 1)]
    near: dict[Place, list[Place]] = {box: [] for box in graph}
    for box in graph:
        levels[row[box]].append(box)
    for chain in arrows:
        for place in chain[1:-1]:
            levels[place[2] if isinstance(place, tuple) else 0].append(place)
        for above, below in pairwise(chain):
            near.setdefault(above, []).append(below)
            near.setdefault(below, []).append(above)
    level_of = {place: at for at, level in enumerate(levels) for place in level}
    middle: dict[Place, float] = {}
    for level in levels:
        middle.update(zip(level, spread(level, [0.0] * len(level)), strict=True))
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for level in reversed(levels) if down else levels:
            step = 1 if down else -1
            wanted = {}
            for place in level:
                side = [middle[other] for other in near[place] if (level_of[other] - level_of[place]) * step > 0]
                both = side or [middle[other] for other in near[place]]
                wanted[place] = sum(both) / len(both) if both else middle[place]
            level.sort(key=lambda place: (wanted[place], str(place)))
            middle.update(zip(level, spread(level, [wanted[place] for place in level]), strict=True))
    return middle


def spread(level: list[Place], wanted: list[float]) -> list[float]:
    """Return middles near `wanted`, in this order, that do not overlap: those that would are moved apart evenly."""
    blocks: list[tuple[list[float], float, float]] = []  # offsets of the middles, sum of wanted starts, right end
    for place, want in zip(level, wanted, strict=True):
        width = (BOX_WIDTH if isinstance(place, str) else LANE_WIDTH) + GAP
        block = ([width / 2], want - width / 2, float(width))
        while blocks and blocks[-1][1] / len(blocks[-1][0]) + blocks[-1][2] > block[1] / len(block[0]):
            offsets, start, end = blocks.pop()
            moved = [end + offset for offset in block[0]]
            block = (offsets + moved, start + block[1] - end * len(moved), end + block[2])
        blocks.append(block)
    return [start / len(offsets) + offset for offsets, start, _ in blocks for offset in offsets]


def purpose(box: str) -> str:
    """Return what a package or module is for: the first line of its docstring, up to its first stop."""
    if box == VOCABULARY:
        return ", ".join(vocabulary())
    path = ROOT / "engine" / "likeness" / box
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    first = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n")[0]
    return first.removeprefix(f"`likeness {box}`: ").partition(". ")[0].rstrip(".")


def draw(graph: Graph) -> str:
    """Return the picture as SVG."""
    few = reduce(graph)
    row = rows(graph)
    arrows = chains(few, row)
    middle = arrange(few, row, arrows)
    half = {place: (BOX_WIDTH if isinstance(place, str) else LANE_WIDTH) / 2 for place in middle}
    left = min(middle[place] - half[place] for place in middle) - MARGIN
    words = textwrap.wrap(purpose(VOCABULARY), 2 * TEXT_COLUMNS)
    lowest = 26 + 14 * len(words)
    width = max(middle[place] + half[place] for place in middle) + MARGIN - left
    top = max(row.values())
    height = 2 * MARGIN + top * ROW_HEIGHT + max(BOX_HEIGHT, lowest)

    def x(place: Place) -> float:
        return middle[place] - left

    def y(place: Place) -> float:
        return MARGIN + (top - (row[place] if isinstance(place, str) else place[2])) * ROW_HEIGHT

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="11">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#667"/></marker></defs>',
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#fff"/>',
    ]
    parts += [
        arrow([(x(place), y(place)) for place in chain], [isinstance(place, str) for place in chain])
        for chain in arrows
    ]
    for box in graph:
        parts += labelled(box, x(box), y(box), words)
    return "\n".join([*parts, "</svg>", ""])


def arrow(points: list[tuple[float, float]], is_box: list[bool]) -> str:
    """Return one arrow as smooth curves through its lanes."""
    (at_x, at_y), *rest = points
    at_y += BOX_HEIGHT
    path = f"M{at_x:.0f} {at_y:.0f}"
    for (to_x, to_y), ends in zip(rest, is_box[1:], strict=True):
        half = (to_y - at_y) / 2
        path += f"C{at_x:.0f} {at_y + half:.0f} {to_x:.0f} {to_y - half:.0f} {to_x:.0f} {to_y:.0f}"
        if not ends:
            path += f"V{to_y + BOX_HEIGHT:.0f}"
        at_x, at_y = to_x, to_y + BOX_HEIGHT
    return f'<path d="{path}" fill="none" stroke="#889" marker-end="url(#tip)"/>'


def labelled(box: str, x: float, y: float, words: list[str]) -> list[str]:
    """Return a box with its name and purpose; the vocabulary's is wider and holds its modules, in `words`."""
    wide = box == VOCABULARY
    half = BOX_WIDTH if wide else BOX_WIDTH / 2
    lines = words if wide else textwrap.wrap(purpose(box), TEXT_COLUMNS, max_lines=2, placeholder=" ...")
    height = 26 + 14 * len(words) if wide else BOX_HEIGHT
    folder = (ROOT / "engine" / "likeness" / box).is_dir()
    fill = "#eef4ea" if wide else "#eef1f8" if folder else "#f7f3e8"
    name = "the vocabulary" if wide else f"{box}/" if folder else f"{box}.py"
    texts = [f'<text x="{x:.0f}" y="{y + 15:.0f}" font-size="13" font-weight="bold">{name}</text>']
    texts += [f'<text x="{x:.0f}" y="{y + 30 + 13 * at:.0f}">{escape(line)}</text>' for at, line in enumerate(lines)]
    return [
        f'<rect x="{x - half:.0f}" y="{y:.0f}" width="{2 * half:.0f}" height="{height}" rx="6" fill="{fill}" '
        'stroke="#99a"/>',
        f'<g text-anchor="middle" fill="#223">{"".join(texts)}</g>',
    ]


if __name__ == "__main__":
    sys.stdout.write(draw(imports()))
