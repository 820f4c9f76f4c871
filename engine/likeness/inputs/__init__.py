"""Ways in: each knows the store alone. OSC and MIDI listen on threads of their own, keys come from the window."""
