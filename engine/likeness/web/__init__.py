"""The web server of a show: the desk that it is played from, OSCQuery, the status and the preview.

In reading order:

- `server.py`: `WebServer`, which the show opens; its thread answers plain requests and hands sockets on.
  `bind_port.py`: its port.
- `access.py`, `codes.py`: who may do what. `security_headers.py`, `addresses.py`, `qr.py`: what belongs to that.
- `desk.py`: all pages that are connected. `client.py`: one of them. `topics.py`: what they have not been told yet.
- `describe.py`: parameters as pages need them. `page_files.py`: the files of the page, which lie in
  `page/`. `join_modules.py`: its modules in one.
- `preview.py`, `stream.py`: the picture for pages and for other programs.
- `oscquery.py`, `zeroconf_announce.py`: the same parameters for programs that build their controls themselves.
- `report.py`, `log_lines.py`, `scrub.py`: what a bug report holds, and what is removed from it.

A page sends OSC messages as JSON, which go the way of all OSC messages: `likeness.inputs.osc.apply`. The show's thread
waits for nothing here: it is read by way of snapshots, and pictures are scaled and coded on a thread of their own.
"""
