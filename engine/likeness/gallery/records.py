"""The records of a gallery: one SQLite file, in WAL mode."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    text,
)
from sqlalchemy.exc import DatabaseError

from likeness.errors import GalleryError
from likeness.files.sqlite import ALONE, prepare_engine, rewrite

# Written as SQLite's user_version. A file of another one is refused, not converted.
VERSION = 1
# As application_id, so that another program's database is not taken for a gallery: "LGal".
APPLICATION = int.from_bytes(b"LGal", "big")

_tables = MetaData()

FACES = Table(
    "faces",
    _tables,
    Column("number", Integer, primary_key=True),
    Column("row", Integer, nullable=False, unique=True),
    Column("name", String, nullable=False, index=True),
    Column("seed", Integer),
    Column("weights", String, nullable=False),
    Column("num_ws", Integer, nullable=False),
    Column("w_dim", Integer, nullable=False),
    Column("latent", LargeBinary),
    Column("picture", LargeBinary, nullable=False),
    Column("consent", String, nullable=False),
    Column("added", String, nullable=False),
    Column("photo", String, unique=True),
    # Absent from galleries that were made before it was; added when one is opened.
    Column("weights_sha256", String),
    # A number once given is never given again, so that a program with an old view finds nobody rather than another.
    sqlite_autoincrement=True,
)
Index("drawn", FACES.c.weights, FACES.c.seed, unique=True, sqlite_where=FACES.c.seed.is_not(None))

PHOTOS = Table(
    "photos",
    _tables,
    Column("photo", String, primary_key=True),
    Column("refusal", String, nullable=False),
)
"""Photos that were looked at and not kept, by the SHA-256 of their file, with the reason."""

ABOUT = Table("about", _tables, Column("key", String, primary_key=True), Column("value", String, nullable=False))


class Records:
    """One connection to the file; the caller sees to it that one thread at a time uses it.

    Args:
        path: of the file.
        about: what the gallery says of itself, written where the file is new.

    Raises:
        GalleryError: where the file is no gallery, one of another version, or cannot be opened.
    """

    def __init__(self, path: Path, about: dict[str, str]) -> None:
        self._path = path
        self._engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False})
        prepare_engine(self._engine)
        try:
            with self._translate_errors():
                self._connection = self._engine.connect()
            self.about = self._check(about)
        except GalleryError:
            self._engine.dispose()
            raise

    def _check(self, about: dict[str, str]) -> dict[str, str]:
        """Make the tables where there are none; return what the gallery says of itself."""
        with self.reading() as connection:
            version, application, tables = (
                connection.execute(text(question)).scalar_one()
                for question in ("PRAGMA user_version", "PRAGMA application_id", "SELECT count(*) FROM sqlite_master")
            )
        if not tables:
            self._create_tables(about)
        elif application != APPLICATION:
            raise GalleryError(f"{self._path} is a database of another program; name another folder")
        elif version != VERSION:
            raise GalleryError(
                f"{self._path} is a gallery of version {version}, this program reads {VERSION}; "
                "build it again, or open it with the program that made it"
            )
        else:
            self._add_new_columns()
        with self.reading() as connection:
            return {row.key: row.value for row in connection.execute(ABOUT.select())}

    def _add_new_columns(self) -> None:
        """Add the columns that came later. Programs from before them read and write the gallery as ever."""
        if self._lacks_fingerprints():
            with self.writing() as connection:
                # Another process may have been faster.
                if self._lacks_fingerprints():
                    connection.execute(text("ALTER TABLE faces ADD COLUMN weights_sha256 VARCHAR"))

    def _lacks_fingerprints(self) -> bool:
        with self.reading() as connection:
            return "weights_sha256" not in {row.name for row in connection.execute(text("PRAGMA table_info(faces)"))}

    def _create_tables(self, about: dict[str, str]) -> None:
        with self.writing() as connection:
            # Where another process was faster, this changes nothing.
            _tables.create_all(connection)
            for key, value in about.items():
                connection.execute(ABOUT.insert().prefix_with("OR IGNORE").values(key=key, value=value))
            connection.execute(text(f"PRAGMA application_id = {APPLICATION}"))
            connection.execute(text(f"PRAGMA user_version = {VERSION}"))

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield the connection, seeing one moment of the file; inside `writing`, that of the writer.

        Raises:
            GalleryError: where the file cannot be read.
        """
        if self._connection.in_transaction():
            yield self._connection
            return
        with self._translate_errors(), self._connection.begin():
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield the connection, which alone may write from here on; commits, or undoes all where it raises.

        Raises:
            GalleryError: where the file cannot be written.
        """
        self._connection.execution_options(**{ALONE: True})
        try:
            with self._translate_errors(), self._connection.begin():
                yield self._connection
        finally:
            self._connection.execution_options(**{ALONE: False})

    def changes(self) -> int:
        """Return a number that is another one when another connection has written."""
        with self.reading() as connection:
            return int(connection.execute(text("PRAGMA data_version")).scalar_one())

    def shred(self) -> bool:
        """Write the file anew without what was deleted, and empty the log beside it.

        Returns:
            Whether the log could be emptied; it cannot while another program reads from it.
        """
        with self._translate_errors():
            driver = self._connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            return rewrite(driver)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
        self._engine.dispose()

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except (DatabaseError, sqlite3.DatabaseError) as error:
            cause = getattr(error, "orig", None) or error
            raise GalleryError(
                f"{self._path}: {cause}; is it a gallery, and the disk neither full nor locked?"
            ) from error
