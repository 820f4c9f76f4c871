"""Files that torch.save wrote, as a zip or in its older format, read without torch.load."""

import struct
import sys
import zipfile
from typing import Any, BinaryIO, cast

from likeness.generators.readers.allowed_names import torch_names
from likeness.generators.readers.inert import ReadBudget, SnapshotError
from likeness.generators.readers.restricted_pickle import RestrictedUnpickler
from likeness.generators.readers.storages import Storage, parse_storage, read_legacy

ZIP_MAGIC = b"PK\x03\x04"
# The first pickle of a file that is no zip, behind its protocol: an integer of ten bytes.
LEGACY_START = b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
LOCAL_HEADER = 30
# torch.save spends 350 bytes and more on a record; zipfile spends 700 of memory on each.
FREE_RECORDS = 2_000
BYTES_A_RECORD = 350
# Everything that zipfile is known to raise on a broken directory.
BROKEN_ZIP = (
    zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OSError, EOFError, IndexError, OverflowError,
    KeyError, RuntimeError,
)  # fmt: skip


class TorchZip:
    """The records of a zip that torch.save wrote, each a view on the file."""

    def __init__(self, file: BinaryIO, data: memoryview) -> None:
        """Read the directory.

        Raises:
            SnapshotError: where it is broken, compressed, or larger than torch writes.
        """
        self._data = data
        self._records = {info.filename: info for info in self._directory(file)}
        roots = {name.split("/")[0] for name in self._records}
        self.root = next(iter(roots)) if len(roots) == 1 else ""

    def _directory(self, file: BinaryIO) -> list[zipfile.ZipInfo]:
        raw, found, at = cast(Any, self._data.obj), 0, 0
        while (at := raw.find(b"PK\x01\x02", at)) >= 0:
            found, at = found + 1, at + 4
            if found > FREE_RECORDS + len(self._data) // BYTES_A_RECORD:
                raise SnapshotError("has more records than a weights file of its size needs")
        try:
            with zipfile.ZipFile(file) as directory:
                return directory.infolist()
        except BROKEN_ZIP as error:
            raise SnapshotError(f"is not a whole zip ({str(error)[:80]}); copy or download it again") from None

    def has(self, name: str) -> bool:
        """Say whether there is a record of that name."""
        return f"{self.root}/{name}" in self._records

    def names(self) -> list[str]:
        """Return the records' names without the root folder."""
        return [name[len(self.root) + 1 :] for name in self._records]

    def record(self, name: str) -> memoryview:
        """Return one record's bytes.

        Raises:
            SnapshotError: where it is absent, compressed, or not whole.
        """
        info = self._records.get(f"{self.root}/{name}")
        if info is None:
            raise SnapshotError(f"lacks its record {name!r}; copy or download it again")
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
            raise SnapshotError(
                "is compressed or encrypted, which torch.save never does; save it again, or pack its folder with zip -0"
            )
        at = info.header_offset
        if at < 0 or at + LOCAL_HEADER > len(self._data) or self._data[at : at + 4] != ZIP_MAGIC:
            raise SnapshotError(f"has a broken record {name!r}; copy or download it again")
        name_length, extra_length = struct.unpack("<HH", self._data[at + 26 : at + LOCAL_HEADER])
        start = at + LOCAL_HEADER + name_length + extra_length
        if info.file_size < 0 or start + info.file_size > len(self._data):
            raise SnapshotError(f"is cut short in its record {name!r}; copy or download it again")
        return self._data[start : start + info.file_size]


def read_zip(records: TorchZip, budget: ReadBudget) -> Any:
    """Return the value in `data.pkl`, its tensors as views on the file.

    Raises:
        SnapshotError: where it is broken or asks for more than tensors and plain values.
    """
    if records.has("byteorder") and bytes(records.record("byteorder")[:8]) != sys.byteorder.encode():
        raise SnapshotError("was written on a machine of another byte order, which is not read")
    storages: dict[str, Storage] = {}

    def persistent(pid: Any) -> Storage:
        kind, key, numel = parse_storage(pid)
        if key not in storages:
            storages[key] = Storage(kind, numel, records.record(f"data/{key}"))
        return storages[key]

    value, _ = RestrictedUnpickler(records.record("data.pkl"), torch_names(), budget, persistent).run()
    return value


def read_legacy_file(data: memoryview, budget: ReadBudget) -> Any:
    """Return the value of a file that torch.save wrote before it wrote zips."""
    value, _ = read_legacy(data, torch_names(), budget)
    return value
