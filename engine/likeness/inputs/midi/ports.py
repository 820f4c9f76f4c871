"""MIDI ports: opened as they appear, closed as they vanish."""

import logging
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Protocol, cast

from likeness.errors import InputError
from likeness.errors.fault_log import Faults

log = logging.getLogger(__name__)

# rtmidi keeps this many messages between two polls; USB carries some thousand a second.
QUEUE = 8192
# ALSA's own port repeats every message: with it each would arrive twice.
THRU_PORT = "midi through"
# Our own outputs are listed as inputs too, and what lights a pad would press it.
LIGHTS_CLIENT = "likeness lights"

# On its second USB socket Windows calls a controller "2- nanoKONTROL2", and its second port "MIDIIN2 (2- LPX MIDI)".
SOCKET_NUMBER = re.compile(r"(^|\()\d+- ")

# A port's name, and its index among those of that name, from 0.
PortId = tuple[str, int]


def drop_socket_number(name: str) -> str:
    """Return a port's name without the number that Windows gives to its USB socket."""
    return SOCKET_NUMBER.sub(r"\1", name)


# Asked for each move of a knob.
@lru_cache(maxsize=256)
def port_names(port: str) -> tuple[str, ...]:
    """Return the names that presets and options may call a port by: as it is, and without its socket's number."""
    return tuple(dict.fromkeys((port, drop_socket_number(port))))


class Client(Protocol):
    """The part of `rtmidi.MidiIn` that is used: it lists all ports and opens one."""

    def get_ports(self) -> list[str]:
        """Return the names of all ports, in the order of their numbers."""
        ...

    def open_port(self, port: int) -> object:
        """Listen to the port of this number."""
        ...

    def get_message(self) -> tuple[list[int], float] | None:
        """Return the oldest message that waits, with the seconds since the one before."""
        ...

    def close_port(self) -> object:
        """Stop listening."""
        ...

    def delete(self) -> object:
        """Free the driver's client; JACK runs out of them otherwise."""
        ...


class OutClient(Protocol):
    """The part of `rtmidi.MidiOut` that is used."""

    def get_ports(self) -> list[str]:
        """Return the names of all ports, in the order of their numbers."""
        ...

    def open_port(self, port: int) -> object:
        """Send to the port of this number."""
        ...

    def send_message(self, message: list[int]) -> object:
        """Send one message."""
        ...

    def close_port(self) -> object:
        """Stop sending."""
        ...

    def delete(self) -> object:
        """Free the driver's client; JACK runs out of them otherwise."""
        ...


@contextmanager
def quiet_drivers() -> Iterator[None]:
    """Silence what ALSA and JACK write to the terminal from C; our own message says it better."""
    try:
        terminal = os.dup(2)
    except OSError:
        yield
        return
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)


def open_client() -> Client:
    """Return a client of the first MIDI system that works here.

    Raises:
        InputError: where python-rtmidi is not installed or no MIDI system runs.
    """
    client = _create_client(lambda rtmidi, api: rtmidi.MidiIn(api, "likeness", QUEUE))
    # It keeps the clock to itself unless told otherwise.
    client.ignore_types(timing=False)
    return cast(Client, client)


def open_out_client() -> OutClient:
    """Return a client for outputs. Raises like `open_client`."""
    return cast(OutClient, _create_client(lambda rtmidi, api: rtmidi.MidiOut(api, LIGHTS_CLIENT)))


def _create_client(make: Callable[[Any, int], Any]) -> Any:
    try:
        import rtmidi
    except ImportError as error:
        raise InputError(
            "python-rtmidi is not installed; pip install python-rtmidi, or use Python 3.12, for which it has a wheel"
        ) from error
    refused = []
    for api in rtmidi.get_compiled_api():
        # The dummy always works and never has a port.
        if api == rtmidi.API_RTMIDI_DUMMY:
            continue
        try:
            return make(rtmidi, api)
        except rtmidi.RtMidiError as error:
            refused.append(str(error))
    raise InputError(f"no MIDI system runs here ({'; '.join(refused) or 'none built in'}); start ALSA or JACK")


class MidiPorts:
    """The open input ports. One thread at a time, except where said.

    Args:
        name: part of the names to open, in any case; "auto" opens all but those that only pass messages on.
        client: makes driver clients: one to list ports, and one for each open port.

    Attributes:
        names: of the open ports, with repetitions. Any thread may read it.
        sources: the same with indices. Any thread may read it.
    """

    def __init__(self, name: str, client: Callable[[], Client] = open_client) -> None:
        self.names: tuple[str, ...] = ()
        self._name, self._client = name, client
        self._faults = Faults(log)
        self._watcher = client()
        self.sources: tuple[PortId, ...] = ()
        # Devices of one make share a name, and nothing tells which of them went.
        self._open: dict[str, list[Client]] = {}

    def present(self) -> list[str]:
        """Return the names of all ports, wanted or not."""
        return list(self._watcher.get_ports())

    def scan(self) -> set[str]:
        """Open the ports that came and close those that went; return the names of both."""
        changed = set()
        present = self.present()
        wanted = Counter(name for name in present if self.wants(name))
        for name in wanted.keys() | self._open.keys():
            opened = self._open.get(name, [])
            if len(opened) == wanted[name]:
                continue
            for client in opened:
                self._close_client(client)
            self._open.pop(name, None)
            if wanted[name]:
                opening = (self._open_port(name, index) for index in range(wanted[name]))
                clients = [client for client in opening if client is not None]
                if clients:
                    self._open[name] = clients
            self._log_change(name, len(opened), len(self._open.get(name, [])))
            changed.add(name)
        self.sources = tuple((name, index) for name, clients in self._open.items() for index in range(len(clients)))
        self.names = tuple(name for name, _ in self.sources)
        return changed

    def messages(self) -> Iterator[tuple[PortId, list[int]]]:
        """Yield the messages since the last call, port by port, as bytes."""
        for name, clients in self._open.items():
            for index, client in enumerate(clients):
                while (message := client.get_message()) is not None:
                    yield (name, index), message[0]

    def close(self) -> None:
        """Close every port. Safe to call twice."""
        for client in [client for clients in self._open.values() for client in clients]:
            self._close_client(client)
        self._open, self.names, self.sources = {}, (), ()
        self._watcher.delete()

    def wants(self, name: str) -> bool:
        """Return whether a port of that name is to be opened."""
        if LIGHTS_CLIENT in name.lower():
            return False
        if self._name == "auto":
            return THRU_PORT not in name.lower()
        return any(self._name.lower() in each.lower() for each in port_names(name))

    def _open_port(self, name: str, index: int) -> Client | None:
        client = None
        try:
            client = self._client()
            # Numbers move when a port comes or goes, so that one that was read before may be another controller's.
            numbers = [number for number, other in enumerate(client.get_ports()) if other == name]
            client.open_port(numbers[index])
        # A driver may raise anything, as for a port that went since it was listed; the next scan tries again.
        except Exception as error:  # noqa: BLE001
            self._faults.tell(f"opening the MIDI port {name}", error, trace=False)
            if client is not None:
                self._close_client(client)
            return None
        return client

    def _close_client(self, client: Client) -> None:
        try:
            client.close_port()
            client.delete()
        # What is unplugged may fail to close, and is gone either way.
        except Exception as error:  # noqa: BLE001
            self._faults.tell("closing a MIDI port", error, trace=False)

    def _log_change(self, name: str, before: int, now: int) -> None:
        if now > before:
            log.info("MIDI: listening to %s", name)
        elif now < before:
            log.warning("MIDI: %s is gone; its values hold until it is back", name)
