"""A restricted unpickler: it builds plain values, imports nothing, and calls nothing of the file's choosing.

A name is a `Symbol`, looked up by exact module and name in a table that the caller hands in. A call of any other name
makes an `InertObject`; one that only an attack needs (`is_rigged`) refuses the file, so that whoever was sent it knows.

Python's own unpickler with `find_class` overridden would be as safe against code, but not against files that make it
fill the memory (a memo index of 2**31, lengths that are allocated before being read) or hash nested tuples for ever.
"""

import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from likeness.generators.readers.inert import (
    InertObject,
    ReadBudget,
    RiggedFileError,
    SnapshotError,
    Symbol,
    check_key,
    is_rigged,
)

LONGEST_LINE = 256
# The state of a random generator is an integer of 17 bytes.
LONGEST_INTEGER = 256
# Building copies its arguments: two entries of a container, or 64 characters, count as one more instruction.
ENTRIES_A_STEP, CHARACTERS_A_STEP = 2, 64
# What a builder may raise on arguments of the wrong kind or number.
BAD_ARGUMENTS = (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError)
Builder = Callable[..., Any]
Known = Mapping[tuple[str, str], Builder]


class _Mark:
    """The place on the stack where a collection begins."""


MARK = _Mark()


class RestrictedUnpickler:
    """Runs one pickle of protocol 2 to 5.

    Args:
        data: the file, or a part of it.
        known: what each allowed name builds.
        budget: instructions left.
        persistent: turns a persistent id into a value; refused where None.
    """

    def __init__(
        self, data: memoryview, known: Known, budget: ReadBudget, persistent: Callable[[Any], Any] | None = None
    ) -> None:
        self._data, self._known, self._budget, self._persistent = data, known, budget, persistent
        self._at = 0
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def run(self, start: int = 0) -> tuple[Any, int]:
        """Return the value that the pickle at `start` builds, and where it ends.

        Raises:
            SnapshotError: where it is broken or asks for what is not allowed.
        """
        self._at = start
        self._stack, self._memo = [], {}  # every pickle of a file begins with an empty memo
        try:
            while self._budget.left > 0:
                self._budget.left -= 1
                code = self._data[self._at]
                self._at += 1
                if code == STOP:
                    return self._pop(), self._at
                step = STEPS.get(code)
                if step is None:
                    raise SnapshotError(f"has an instruction 0x{code:02x} in its pickle that no weights file needs")
                step(self)
        except (IndexError, struct.error):
            raise SnapshotError("is cut short or broken inside; copy or download it again") from None
        raise SnapshotError("has more instructions in its pickle than a weights file of its size needs")

    # -- reading

    def _read_bytes(self, length: int) -> memoryview:
        if length < 0 or length > len(self._data) - self._at:
            raise SnapshotError("is cut short: it promises more than it holds; copy or download it again")
        part = self._data[self._at : self._at + length]
        self._at += length
        return part

    def _read_number(self, form: str) -> Any:
        return struct.unpack(form, self._read_bytes(struct.calcsize(form)))[0]

    def _read_line(self) -> str:
        part = bytes(self._data[self._at : self._at + LONGEST_LINE])
        end = part.find(b"\n")
        if end < 0:
            raise SnapshotError("has an endless line in its pickle")
        self._at += end + 1
        return self._decode(part[:end])

    def _read_text(self, length: int) -> str:
        return self._decode(self._read_bytes(length))

    @staticmethod
    def _decode(raw: bytes | memoryview) -> str:
        try:
            return str(raw, "utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise SnapshotError("has text in its pickle that is not UTF-8") from None

    # -- the stack

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _pop(self) -> Any:
        value = self._stack.pop()
        if value is MARK:
            raise SnapshotError("has a pickle whose marks do not match")
        return value

    def _pop_tuple(self) -> tuple[Any, ...]:
        value = self._pop()
        if not isinstance(value, tuple):
            raise SnapshotError("has a pickle that calls with something else than a tuple")
        return value

    def _pop_to_mark(self) -> list[Any]:
        for i in range(len(self._stack) - 1, -1, -1):
            if self._stack[i] is MARK:
                found = self._stack[i + 1 :]
                del self._stack[i:]
                return found
        raise SnapshotError("has a pickle whose marks do not match")

    def _pop_many(self, count: int) -> tuple[Any, ...]:
        values = [self._pop() for _ in range(count)]
        return tuple(reversed(values))

    def _fill(self, kind: type, values: Iterable[Any], onto: Callable[[Any, Any], None]) -> None:
        target = self._stack[-1]
        if isinstance(target, InertObject):
            if kind is dict:
                for key, value in values:
                    target.set_item(check_key(key), value)
            return
        if not isinstance(target, kind):
            raise SnapshotError(f"has a pickle that fills a {type(target).__name__} as if it were a {kind.__name__}")
        for value in values:
            onto(target, value)

    def _append_all(self, values: Iterable[Any]) -> None:
        self._fill(list, values, list.append)

    def _push_new_set(self) -> None:
        self._budget.left -= 2  # an empty set takes 216 bytes, three times a list
        self._push(set())

    def _add_all(self, values: Iterable[Any]) -> None:
        self._fill(set, (check_key(value) for value in values), set.add)

    def _set_items(self, flat: list[Any]) -> None:
        if len(flat) % 2:
            raise SnapshotError("has a pickle with a key that has no value")
        pairs = zip(flat[::2], flat[1::2], strict=True)
        self._fill(dict, pairs, lambda target, pair: target.__setitem__(check_key(pair[0]), pair[1]))

    # -- names and objects

    def _push_symbol(self, module: Any, name: Any) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            raise SnapshotError("has a pickle with a name that is no text")
        self._push(Symbol(module, name))

    def _call(self, arguments: tuple[Any, ...], callee: Any) -> None:
        if isinstance(callee, InertObject):  # a class that was itself made by a call
            self._push(InertObject(callee.symbol, arguments))
            return
        if not isinstance(callee, Symbol):
            raise SnapshotError(f"has a pickle that calls a {type(callee).__name__}")
        if is_rigged(callee):
            raise RiggedFileError(f"asks for {str(callee)[:120]!r}, which no weights file needs; it was not run")
        builder = self._known.get(callee)
        if builder is None:
            self._push(InertObject(callee, arguments))
            return
        for argument in arguments:
            if isinstance(argument, str):
                self._budget.left -= len(argument) // CHARACTERS_A_STEP
            elif isinstance(argument, list | tuple | dict | set):
                self._budget.left -= len(argument) // ENTRIES_A_STEP
        try:
            self._push(builder(*arguments))
        except RiggedFileError:
            raise
        except SnapshotError as error:
            # It may stand outside the generator; whoever needs it raises this.
            self._push(InertObject(callee, arguments, str(error)))
        except BAD_ARGUMENTS as error:
            self._push(InertObject(callee, arguments, f"has a broken {callee} inside ({str(error)[:120]})"))

    def _reduce(self) -> None:
        arguments = self._pop_tuple()
        self._call(arguments, self._pop())

    def _build(self) -> None:
        state = self._pop()
        target = self._stack[-1]
        build = getattr(target, "build", None) if not isinstance(target, Symbol) else None
        if callable(build):
            try:
                build(state)
            except SnapshotError as error:
                self._stack[-1] = InertObject(Symbol("", type(target).__name__), (), str(error))
            except BAD_ARGUMENTS as error:
                problem = f"has a broken {type(target).__name__} inside ({str(error)[:120]})"
                self._stack[-1] = InertObject(Symbol("", type(target).__name__), (), problem)
        # A dict's attributes, such as a state dict's `_metadata`, are left out, and so are those of functions and sets.
        elif not isinstance(target, dict | set | list | Symbol):
            raise SnapshotError(f"has a pickle that gives a state to a {type(target).__name__}")

    def _push_memo(self, index: int) -> None:
        if index not in self._memo:
            raise SnapshotError("has a pickle that reads what it never stored")
        self._push(self._memo[index])

    def _memoise(self, index: int) -> None:
        self._memo[index] = self._stack[-1]

    def _push_integer(self, length: int) -> None:
        if length > LONGEST_INTEGER:
            raise SnapshotError(f"has an integer of {length} bytes in its pickle")
        self._push(int.from_bytes(self._read_bytes(length), "little", signed=True))

    def _push_persistent(self) -> None:
        if self._persistent is None:
            raise SnapshotError("has a persistent id where none belongs")
        self._push(self._persistent(self._pop()))


def _check_protocol(m: RestrictedUnpickler) -> None:
    protocol = m._read_number("<B")
    if not 2 <= protocol <= 5:
        raise SnapshotError(f"is a pickle of protocol {protocol}; 2 to 5 are read")


def _new_object(m: RestrictedUnpickler) -> None:
    callee, arguments = m._pop_many(2)
    if not isinstance(arguments, tuple):
        raise SnapshotError("has a pickle that makes an object of something else than a tuple")
    m._call(arguments, callee)


def _new_with_names(m: RestrictedUnpickler) -> None:
    callee, arguments, named = m._pop_many(3)
    if not isinstance(arguments, tuple) or not isinstance(named, dict):
        raise SnapshotError("has a pickle that makes an object of something else than a tuple")
    if named and isinstance(callee, Symbol) and not is_rigged(callee):
        m._push(InertObject(callee, arguments, "has an object made with named arguments"))
    else:
        m._call(arguments, callee)


STOP = ord(".")
STEPS: dict[int, Callable[[RestrictedUnpickler], object]] = {
    0x80: _check_protocol,
    0x95: lambda m: m._read_number("<Q"),  # a frame's length: everything is at hand already
    ord("("): lambda m: m._push(MARK),
    ord("0"): lambda m: m._stack.pop(),
    ord("1"): lambda m: m._pop_to_mark(),
    ord("2"): lambda m: m._push(m._stack[-1]),
    ord("N"): lambda m: m._push(None),
    0x88: lambda m: m._push(True),
    0x89: lambda m: m._push(False),
    ord("K"): lambda m: m._push(m._read_number("<B")),
    ord("M"): lambda m: m._push(m._read_number("<H")),
    ord("J"): lambda m: m._push(m._read_number("<i")),
    0x8A: lambda m: m._push_integer(m._read_number("<B")),
    0x8B: lambda m: m._push_integer(m._read_number("<i")),
    ord("G"): lambda m: m._push(m._read_number(">d")),
    ord("X"): lambda m: m._push(m._read_text(m._read_number("<I"))),
    0x8C: lambda m: m._push(m._read_text(m._read_number("<B"))),
    0x8D: lambda m: m._push(m._read_text(m._read_number("<Q"))),
    ord("T"): lambda m: m._push(str(m._read_bytes(m._read_number("<i")), "latin1")),
    ord("U"): lambda m: m._push(str(m._read_bytes(m._read_number("<B")), "latin1")),
    ord("B"): lambda m: m._push(m._read_bytes(m._read_number("<I"))),
    ord("C"): lambda m: m._push(m._read_bytes(m._read_number("<B"))),
    0x8E: lambda m: m._push(m._read_bytes(m._read_number("<Q"))),
    0x96: lambda m: m._push(m._read_bytes(m._read_number("<Q"))),
    ord(")"): lambda m: m._push(()),
    ord("]"): lambda m: m._push([]),
    ord("}"): lambda m: m._push({}),
    0x8F: lambda m: m._push_new_set(),
    ord("t"): lambda m: m._push(tuple(m._pop_to_mark())),
    ord("l"): lambda m: m._push(m._pop_to_mark()),
    0x85: lambda m: m._push(m._pop_many(1)),
    0x86: lambda m: m._push(m._pop_many(2)),
    0x87: lambda m: m._push(m._pop_many(3)),
    0x91: lambda m: m._push(frozenset(check_key(value) for value in m._pop_to_mark())),
    ord("a"): lambda m: m._append_all(m._pop_many(1)),
    ord("e"): lambda m: m._append_all(m._pop_to_mark()),
    0x90: lambda m: m._add_all(m._pop_to_mark()),
    ord("s"): lambda m: m._set_items(list(m._pop_many(2))),
    ord("u"): lambda m: m._set_items(m._pop_to_mark()),
    ord("h"): lambda m: m._push_memo(m._read_number("<B")),
    ord("j"): lambda m: m._push_memo(m._read_number("<I")),
    ord("q"): lambda m: m._memoise(m._read_number("<B")),
    ord("r"): lambda m: m._memoise(m._read_number("<I")),
    0x94: lambda m: m._memoise(len(m._memo)),
    ord("c"): lambda m: m._push_symbol(m._read_line(), m._read_line()),
    0x93: lambda m: m._push_symbol(*m._pop_many(2)),
    ord("R"): lambda m: m._reduce(),
    ord("b"): lambda m: m._build(),
    0x81: _new_object,
    0x92: _new_with_names,
    ord("Q"): lambda m: m._push_persistent(),
}
