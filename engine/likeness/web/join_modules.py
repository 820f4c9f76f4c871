"""The page's modules joined into one file, so that a browser asks once and not forty times.

The modules stay what they are: `import { a } from './x.js'` and `export` before a declaration are all that is
understood. Each becomes a function that is called once and returns what it exports; nothing else is changed.
"""

import re
from collections.abc import Mapping

IMPORT = re.compile(r"^import \{([^}]*)\} from '\./(\w+)\.js';\n", re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
# What would be lost without a word.
NOT_UNDERSTOOD = re.compile(r"^(import|export)\b.*", re.MULTILINE)


def join_modules(sources: Mapping[str, str], entry: str, apart: str) -> str:
    """Return one module that does what `entry` does, and exports every module by its name.

    Args:
        sources: the code of each module, by its name without `.js`.
        entry: the name of the one that begins.
        apart: the name of one that is not joined but imported, since its code is somebody else's.

    Raises:
        ValueError: where a module is absent, imports in a circle, or imports or exports in another way.
    """
    order = _in_order(sources, entry, apart)
    parts = [f"import * as ${apart} from './{apart}.js';\n", *(_wrap(name, sources[name]) for name in order)]
    return "\n".join([*parts, f"export {{ {', '.join(f'${name} as {name}' for name in order)} }};\n"])


def _in_order(sources: Mapping[str, str], entry: str, apart: str) -> list[str]:
    """Return the names of all modules that `entry` needs, each after those that it imports."""
    order: list[str] = []
    open_now: list[str] = []

    def visit(name: str) -> None:
        if name in open_now:
            raise ValueError(f"the page's modules import each other in a circle: {' > '.join([*open_now, name])}")
        if name in order or name == apart:
            return
        if name not in sources:
            raise ValueError(f"{open_now[-1] if open_now else 'the page'} imports {name}.js, which is not there")
        open_now.append(name)
        for _, imported in IMPORT.findall(sources[name]):
            visit(imported)
        order.append(open_now.pop())

    visit(entry)
    return order


def _wrap(name: str, code: str) -> str:
    exported = EXPORT.findall(code)
    body = IMPORT.sub(_take_apart, EXPORT.sub("", code))
    if unknown := NOT_UNDERSTOOD.search(body):
        raise ValueError(f"{name}.js: {unknown[0]}")
    # A module's name with a $ is none that stands in a module.
    return f"const ${name} = (() => {{\n{body.rstrip()}\nreturn {{ {', '.join(exported)} }};\n}})();\n"


def _take_apart(found: re.Match[str]) -> str:
    return f"const {{{found[1].replace(' as ', ': ')}}} = ${found[2]};\n"
