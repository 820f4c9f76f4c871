"""Carrying out messages: parameters, commands and questions, in the order in which they came."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from likeness.errors import InputError, LikenessError, ParamError, nearest
from likeness.inputs.osc.dispatch import Dispatcher, UnknownAddressError
from likeness.inputs.osc.packet import Message
from likeness.parameters.journal import Edit
from likeness.parameters.store import ParamStore
from likeness.params import Value

Command = Callable[..., None]


class Sender(Protocol):
    """Where messages came from: an OSC sender or a page. The applier's thread, but for `reply`."""

    def find_command(self, path: str) -> Command | None:
        """Return the command of this sender's kind alone that has the path, or None."""
        ...

    def reply(self, path: str, *args: Value) -> None:
        """Send a message back. Any thread, at any later time: commands keep it."""
        ...

    def refuse(self, message: Message, error: LikenessError, cause: Exception | None) -> None:
        """Take note that a message was refused, and tell the sender; `cause` is an error of our own."""
        ...

    def note_written(self, path: str, value: Value) -> None:
        """Take note that the value at `path` will stand exactly as the sender wrote it."""
        ...


@dataclass(frozen=True)
class Applier:
    """Applies messages to the store and to the show's commands. One thread at a time.

    Args:
        store: where parameters live.
        commands: by path; each is called with the message's arguments.
        questions: by path; each is called with a function that replies to the sender, then the arguments.
        dispatcher: of the store.
    """

    store: ParamStore
    commands: Mapping[str, Command]
    questions: Mapping[str, Command]
    dispatcher: Dispatcher

    def apply(self, messages: Sequence[Message], sender: Sender) -> None:
        """Carry out the messages of one sender; parameters between two commands change in one frame. Raises nothing."""
        edits: list[Edit] = []
        for message in messages:
            command = self._find_command(message.address, sender)
            try:
                if command is None:
                    edits += self._prepare_edits(message, sender)
                    continue
                self._run(edits)
                edits = []
                command(*message.args)
            except LikenessError as error:
                sender.refuse(message, error, None)
            # A command is the show's own; a sender with one argument too many must not end the input.
            except Exception as error:  # noqa: BLE001
                sender.refuse(message, InputError(f"{message.address} {message.args}: {error}"), error)
        self._run(edits)

    def add_near_names(self, error: LikenessError, path: str, own: Iterable[str] = ()) -> LikenessError:
        """Return the error for an unknown `path` with the addresses that are nearest to it; others as they are."""
        if not isinstance(error, UnknownAddressError):
            return error
        known = [*self.dispatcher.paths(), *self.commands, *self.questions, *own]
        return ParamError(f"{error}; {nearest(path, known)}")

    def _find_command(self, path: str, sender: Sender) -> Command | None:
        command = sender.find_command(path)
        if command is not None:
            return command
        question = self.questions.get(path)
        if question is not None:
            return partial(question, sender.reply)
        return self.commands.get(path)

    def _prepare_edits(self, message: Message, sender: Sender) -> list[Edit]:
        """Return what the message changes, and reply to what it asks."""
        prepared = self.dispatcher.prepare(message)
        for path, value in prepared.replies:
            sender.reply(path, value)
        for path, value in prepared.written:
            sender.note_written(path, value)
        return list(prepared.edits)

    def _run(self, edits: list[Edit]) -> None:
        if len(edits) == 1:
            self.store.run(edits[0])
        elif edits:
            self.store.run(lambda: _run_all(edits))


def _run_all(edits: list[Edit]) -> None:
    for edit in edits:
        edit()
