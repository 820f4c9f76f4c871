"""Lookalike: visitors before the camera, whom they resemble, and their turn on the stage.

The plugin `lookalike` plays this package. In reading order:

- `messages`: what the show and the vision process say to each other.
- `tracker`: the thread that sends pictures and photos, and makes visitors of faces.
- `arrival`: when somebody before the camera becomes a visitor.
- `vision_process`: the process beside the show that looks and matches; `face_reader` and `matcher` run in it.
- `visitor`, `visitor_queue`: who is remembered, in the order of their turns; in memory alone.
- `search_queue`: whose latent the projection worker (a second process) looks for next.
- `turn`: the phases of a visitor's turn, and the mix of pictures in each; `name_line`: the name over them.

The command `lookalike` makes films of photos instead, in one thread and without a show:

- `photo_visitor`: a photo read as a visitor; `film_plan`, `films`: the pictures, frame by frame.
- `film_folder`, `film_page`: where they go; `film_session`: one photo after the other.

A picture goes plugin -> tracker -> vision process; an observation comes back -> arrival -> visitor -> visitor queue,
and a match and a latent follow. The render thread reads the visitor whose turn it is. Nothing of that is
written to a disk.
"""
