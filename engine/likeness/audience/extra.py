"""The packages of the extra `audience`: nothing else in the program imports them."""

from importlib.util import find_spec

from likeness.errors import AudienceError

PACKAGES = (
    "aiosmtplib", "starlette", "uvicorn", "python_multipart", "pi_heif", "alembic", "jinja2", "fsspec", "markdown_it",
)  # fmt: skip


def require_extra() -> None:
    """Ask for the extra, before a module of this package is imported that needs it.

    Raises:
        AudienceError: a package is absent.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise AudienceError(f"the audience needs {', '.join(missing)}: pip install 'likeness-live[audience]'")
