"""One show: the loop that runs its frames, the render thread that draws them, and what edits it while it plays.

Files in reading order:
    loop.py             the life of one frame; begin here
    renderer.py         the render thread: plugins, cues, generator, picture
    show.py             builds a show from a preset and options, and runs it
    clock.py, frame_stats.py, status.py    when frames begin, what is counted, what is told
    governor.py, camera.py, audience.py, modulation_stage.py   the rate that is held; what happens before a frame
    screen.py           outputs, with the window's keys and what it draws over the picture
    controls.py         opens OSC, OSCQuery and MIDI
    load_rack.py, first_weights.py, open_weights.py, make_stage.py   plugins, weights and stage at the start
    rack_editor.py      plugins that come, go and are reloaded while the show plays
    generator_swap.py, generator_fade.py, file_watcher.py   another generator; what changes on disk
    preset_commands.py, tempo_commands.py, modulation_commands.py   OSC commands
    takes/              what was played, written down and played again
    signals.py, heartbeat.py, watch.py, health.py, show_log.py   what ends the show; what others are told, and the disk
    priority.py, heap.py   its threads before other programs, and one heap for all of them

The show's thread runs the loop and owns the parameters, cues, modulation and outputs. The render thread owns the
picture: it calls the plugins' hooks and the generator. Everything else reaches the show through the store's inbox.
"""
