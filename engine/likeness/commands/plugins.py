"""`likeness plugins`."""


def plugins() -> None:
    """List the plugins: bundled, your own, and installed ones."""
    import ast

    from rich.console import Console
    from rich.table import Table

    from likeness.files.paths import search_dirs
    from likeness.host.discovery import find_plugins, installed_plugins

    table = Table("plugin", "what it does", "where", box=None)
    for name, path in find_plugins(search_dirs("plugins")).items():
        try:
            lines = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").splitlines()
        except (OSError, SyntaxError, ValueError) as error:
            lines = [f"cannot be read: {error}"]
        table.add_row(name, lines[0] if lines else "", str(path.parent))
    for name, where in installed_plugins().items():
        table.add_row(name, "", where)
    Console().print(table)
