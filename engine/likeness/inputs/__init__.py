"""Inputs: what a performer plays a show with. Each writes to the parameter store and knows nothing of the show.

- `keyboard.py`: the window's keys; called by the window on the show's thread.
- `osc/`: OSC over UDP on a thread of its own, OSCQuery over HTTP and WebSockets on another, zeroconf on a third.
- `midi/`: controllers, their bindings, takeover, learning and lights; one thread for all.
- `dmx/`: channels of lighting desks, by Art-Net and sACN; one thread for all.
- `fader.py`: soft takeover, for knobs and channels.
- `camera/`: cameras, videos and network streams; one thread, which blocks in the driver.
- `audience/`: visitors of the audience's server; one thread, which waits for the network.
- `link.py`: the beat of an Ableton Link session; read by the show's thread.

All of them end at `ParamStore`: an edit or an event is checked on the input's thread, queued, and carried out by the
show's thread before the next frame. OSC, MIDI, DMX and camera import nothing of one another.
"""
