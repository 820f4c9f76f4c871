"""Lighting desks: levels by Art-Net and sACN, over UDP.

- `input.py`: `DmxInput`, which the show opens; its thread reads the sockets and calls everything below.
- `sockets.py`: the sockets, and the groups of multicast. `poll.py`: the answer by which Art-Net's desks find us.
- `packets.py`: datagrams to levels.
- `universe.py`: which of several desks counts, channel by channel.
- `bindings.py`: which channel plays which parameter.

Both protocols are read here by hand, which is 100 lines: the libraries for them (sacn, stupidArtnet) bind sockets and
run threads of their own, neither merges desks by the highest level, and stupidArtnet prints what it does not know.
"""
