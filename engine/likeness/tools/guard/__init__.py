"""The supervisor of `likeness guard`: a process that keeps a show playing for months without a hand.

- `ladder.py`: what is played after failures: the show again, a simple one, a still picture.
- `supervisor.py`: starts the show, listens, ends and starts again.
- `spare.py`: a process that has imported everything and waits to become the next show.
- `still.py`: the still picture, in a process of its own that needs no torch. `title.py`: what `ps` shows.
- `schedule.py`: when it plays, is dimmed, is dark.
- `report.py`, `health_server.py`, `log_file.py`: what it tells monitors, and where its lines go. `state_file.py`: what
  it leaves for a bug report.
- `service.py`: what makes a machine start it by itself.

The supervisor imports no torch either; everything happens on its main thread.
"""
