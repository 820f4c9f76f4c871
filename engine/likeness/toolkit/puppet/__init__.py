"""A face that leads another: what somebody before the camera does, in numbers, and how a playing head follows.

The plugin `puppet` plays this package. In reading order:

- `face_process.py`: the thread that sends pictures to a process beside the show, and hands on what comes back.
- `face_finder.py`: runs in the process; whose face leads, found by dlib and followed by the mesh where that is there.
- `mesh_file.py`, `face_mesh.py`, `face_square.py`: MediaPipe's face mesh, from the file that the performer has fetched.
- `expression.py`: measures of a face, and channels by ARKit's names; `steady.py`: a filter for each measure.
- `response.py`: rest, gains and curves of a performer's hands; from channels to moves.
- `head_pose.py`: the head on the picture. Mouth, brows and eyes are moved by `toolkit/mouth.py`.
- `vmc.py`: the channels out to other programs.

A picture goes plugin -> face process; measures come back as a `FaceMoves` event, which a take keeps. Pictures touch no
disk.
"""
