"""Allowances by a clock that the test turns."""

import pytest

from likeness.errors import InputError
from likeness.inputs.osc.rate_limit import MOST_SENDERS, SenderGate
from likeness.inputs.stage_lock import StageLock


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def heard(gate: SenderGate, sender: tuple[object, ...], messages: int, times: int) -> int:
    count = 0
    for _ in range(times):
        try:
            gate.admit(sender, messages)
        except InputError:
            continue
        count += 1
    return count


def test_a_sender_may_send_so_many_a_second_and_twice_as_many_at_once() -> None:
    clock = Clock()
    gate = SenderGate(100, clock)
    assert heard(gate, ("10.0.0.1", 1), 1, 500) == 200
    clock.at += 0.5
    assert heard(gate, ("10.0.0.1", 1), 1, 500) == 50
    clock.at += 60
    assert heard(gate, ("10.0.0.1", 1), 1, 500) == 200


def test_a_large_bundle_is_paid_for_afterwards() -> None:
    clock = Clock()
    gate = SenderGate(100, clock)
    assert heard(gate, ("10.0.0.1", 1), 500, 2) == 1
    clock.at += 3.0
    assert heard(gate, ("10.0.0.1", 1), 1, 1) == 0
    clock.at += 1.0
    assert heard(gate, ("10.0.0.1", 1), 1, 1) == 1


def test_another_machine_gains_nothing_by_a_new_port_and_programs_here_are_told_apart() -> None:
    gate = SenderGate(100, Clock())
    assert heard(gate, ("10.0.0.1", 1), 1, 300) == 200
    assert heard(gate, ("10.0.0.1", 2), 1, 300) == 0
    assert heard(gate, ("10.0.0.2", 1), 1, 300) == 200
    assert heard(gate, ("127.0.0.1", 1), 1, 300) == 200
    assert heard(gate, ("127.0.0.1", 2), 1, 300) == 200
    assert heard(gate, ("::1", 2, 0, 0), 1, 300) == 200


def test_made_up_senders_do_not_fill_the_memory() -> None:
    gate = SenderGate(100, Clock())
    for index in range(10 * MOST_SENDERS):
        gate.admit((f"host-{index}", 1))
    assert len(gate._senders) == MOST_SENDERS


def test_a_lock_is_the_addresss_whatever_its_port() -> None:
    lock = StageLock()
    gate = SenderGate(lock=lock)
    lock.holder = "10.0.0.1"
    gate.admit(("10.0.0.1", 2))
    with pytest.raises(InputError, match=r"locked by 10\.0\.0\.1"):
        gate.admit(("10.0.0.2", 1))
    lock.holder = None
    gate.admit(("10.0.0.2", 1))
