"""The desk: an HTTP server with sockets, from which a browser plays the show.

Files in reading order:
    access.py            who may do what, by the headers of a request; codes.py keeps the pairing codes
    addresses.py, qr.py  where other machines find the desk, as an address and as a QR code
    security_headers.py  what a browser is told to refuse
    preview.py           the show's pictures as JPEG, made on the thread "preview"
    stream.py            those pictures as MJPEG, and the deadline of a request

Nothing here makes the show's thread wait.
"""
