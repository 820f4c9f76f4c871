"""A show's takes: its every change written down while it plays, and played again on any clock.

Files in reading order:
    entries.py      what a line of a take says, in both directions
    writer.py       the file and its thread
    recorder.py     what a frame took, handed to the writer
    reader.py       a take read from its file, as far as it goes
    material.py     weights, plugins and sound of a take, found here or refused in a line
    code_files.py   the code that its pictures depend on
    player.py       the changes of a take, frame by frame
    rack_player.py  those of the rack

The changes come from the store's journal (`parameters/journal.py`). The show's thread records and plays; the writer's
thread writes; the render thread hands it the faces that are recalled.
"""
