"""The desk: an HTTP server with sockets, from which a browser plays the show.

Files in reading order:
    access.py            who may do what, by the headers of a request; codes.py keeps the pairing codes
    addresses.py, qr.py  where other machines find the desk, as an address and as a QR code
    security_headers.py  what a browser is told to refuse

Nothing here makes the show's thread wait.
"""
