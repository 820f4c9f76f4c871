"""Pictures to other programs and machines: streams, NDI, virtual cameras, Spout, Syphon.

Files in reading order:
    kinds.py       which outputs of the command line are sent, and how each is opened
    sender.py      `SentOutput`: a thread that sends the newest pictures, and tries again where that fails
    stream.py      H.264 to srt://, rtmp://, udp:// and tcp://, through relay.py, a process of its own
    ndi.py, virtual_camera.py, textures.py   NDI; v4l2loopback and OBS; Spout and Syphon

The show's thread calls `show` and `close`; all else runs on the thread "send NAME" of each output. Libraries are
imported by the one output that needs them.
"""
