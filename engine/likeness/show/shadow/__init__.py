"""A second machine: it draws what a running show draws, unseen, and plays on where that falls silent.

The show that plays is the leader. It sends what each of its frames took and which face it showed, and once a second
how it stands; whoever follows it is its shadow. Both are a `Show`, with the parts that are here.

Files in reading order:
    messages.py   what the leader sends, in both directions
    standing.py   how a show stands in a frame: time, values on their way, modulators, morph, master
    sender.py     the leader's end
    link.py       the shadow's end: a connection, and the thread that reads it
    clock.py      the leader's frames as the shadow's clock, until they stop
    following.py  the frames of the leader, played
    led_options.py  the options of the machine that follows, without what the leader decides
    rival.py      whether the other machine has led for longer

The reader of a link and the watch for a rival have threads of their own. The show's thread does the rest, but that the
render thread hands faces over and asks for them, and the web server's thread sends.
"""
