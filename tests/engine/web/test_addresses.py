import socket

from likeness.web.addresses import choose_address, lan_address, own_names, parse_address


def test_the_way_out_comes_first_if_it_is_private() -> None:
    assert choose_address("192.168.0.5", ["10.0.0.1", "192.168.0.5"]) == "192.168.0.5"


def test_without_a_way_out_the_first_private_address_is_taken() -> None:
    assert choose_address(None, ["169.254.3.4", "10.0.0.1", "192.168.0.5"]) == "10.0.0.1"
    assert choose_address("8.8.4.4", ["10.0.0.1"]) == "10.0.0.1"


def test_a_cable_without_a_router_is_a_network_too() -> None:
    assert choose_address(None, ["127.0.0.1", "169.254.3.4"]) == "169.254.3.4"


def test_a_machine_in_no_network_is_reached_on_loopback() -> None:
    assert choose_address(None, []) == "127.0.0.1"
    assert choose_address("127.0.0.1", ["127.0.0.1", "nonsense"]) == "127.0.0.1"


def test_this_machines_address_can_be_listened_on() -> None:
    with socket.create_server((lan_address(), 0)):
        pass


def test_names_of_this_machine_are_those_that_its_network_knows() -> None:
    names = own_names()
    assert socket.gethostname().lower() in names
    assert any(name.endswith(".local") for name in names)


def test_an_ipv4_address_over_ipv6_is_what_it_is() -> None:
    assert str(parse_address("::ffff:192.168.0.7")) == "192.168.0.7"
    assert str(parse_address("fe80::1%eth0")) == "fe80::1"
    assert parse_address("evil.example") is None
