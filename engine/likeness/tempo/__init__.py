"""Where the music is: the tempo, the beat and the bar, from taps, a MIDI clock or Link."""
