"""Faces in photos: found, cut out, recognised, rated, and taken apart.

In reading order:

- `photo_header.py`, `photo.py`, `photo_files.py`: photos from outside, read safely; the photos of a folder.
- `detect.py`, `landmarks.py`, `model_files.py`: the faces of a picture with five landmarks, by dlib or YuNet.
- `align.py`, `portrait.py`: the square cut of FFHQ; one aligned face from a photo, or why there is none.
- `painting.py`, `paste.py`: the face of a painting or a drawing; an edited face laid back into its photo.
- `carry.py`: what an edit changes in a drawing, carried over to the photo.
- `embed.py`, `quality.py`: who a face is, as 128 numbers; how good its picture is.
- `landmark_filter.py`: steady landmarks for video.
- `flow.py`, `mattes.py`, `bands.py`: the parts that a composite is made of.
- `regions.py`: where face, hair, person and background are in a photo.

Only numpy, cv2 and dlib are needed. Nothing here starts a thread; an embedding holds Python's lock for 70 ms, so a show
calls this package from a process or thread of its own.
"""
