"""Audience link: approved visitors of `likeness audience serve` come onto the stage of this show.

- `client.py`: the questions to the server, over HTTP.
- `link.py`: the thread that asks, brings visitors to the plugin that wants them, and takes back who may not be shown.

The thread "audience link" waits for the network; the show never does. Nothing of a visitor is written to a disk.
"""
