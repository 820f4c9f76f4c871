"""Training of the voice network: speech that a synthesiser says, to the shapes of a mouth.

In reading order:

- `phonemes.py`: the sounds of English as shapes of the mouth, and its movement through a row of them.
- `sentences.py`: what is said. `speech.py`: it is said, by the program flite, which tells when each sound ends.
- `rooms.py`: the same speech by other throats, in rooms, in noise.
- `fit.py`: the network learns, is measured on a voice that it has not heard, and is written.
"""
