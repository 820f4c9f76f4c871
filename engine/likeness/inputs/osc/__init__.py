"""OSC over UDP, OSCQuery over HTTP and WebSockets, and zeroconf."""
