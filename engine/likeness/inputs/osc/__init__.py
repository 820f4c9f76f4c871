"""OSC over UDP: sets parameters, calls commands, answers questions.

- `server.py`: `OscInput`, which the show opens; it only puts the others together.
- `udp_socket.py`, `locked_loop.py`: the socket, and the thread with the lock that guards the rest.
- `reader.py`: datagrams as they come, or once a frame in a flood.
- `receiver.py`: datagrams to messages; rate limits, time tags, commands, refusals, replies.
- `packet.py`, `pattern.py`, `rate_limit.py`: decoding, address patterns, the limit of each sender and the stage lock.
- `dispatch.py`, `apply.py`: messages to edits of the store and replies, and to commands.
- `subscriptions.py`: feedback to surfaces.

A datagram goes one way: socket, reader, receiver, dispatcher, store.
"""
