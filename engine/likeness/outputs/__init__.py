"""Outputs of a show: windows, files and other programs. Each gets finished pictures and nothing else of the show.

Files in reading order:
    output.py        the protocol, and outputs that keep or count pictures
    group.py         the outputs of a show; one that fails is closed and the rest go on
    open_outputs.py  opens what the command line names; check_outputs.py says before what cannot be opened
    window.py        a display, full-screen or in a window; displays.py finds the displays
    window_overlay.py   keys, address and state over the picture, in the window alone
    fitting.py       letterboxing, and several heads on several displays
    writer.py        base of the files: a queue and a thread that writes; pacing.py numbers the frames
    container.py     base of what PyAV writes, into a disk_file.py; file_place.py and disk_room.py watch over it
    video.py, gif.py, frames.py   the kinds of files; files.py chooses by the ending
    join.py                       several films become one
    profiles.py, sound_track.py   how a film is coded, and its sound
    sending/         other programs and machines: streams, NDI, virtual cameras, Spout, Syphon

The show's thread, which is the main thread, calls `show` and `close`. Windows draw there. Each of the others has one
thread of its own, "write NAME" or "send NAME"; live it never makes the show wait: it drops pictures where it falls
behind.
"""
