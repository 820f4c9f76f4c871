"""The plugin host: finds plugins, checks them, calls their hooks and holds them to their time.

Files in reading order:
    discovery.py  finds plugin files and imports them
    available_plugins.py  what could be added, told without running it
    slot.py       one plugin in the rack, checked, with its hooks and parameters
    host.py       the rack, and the calls: first, each, chain
    budget.py     which plugin holds the show up
    retry.py      when one that was bypassed is tried again
    result_check.py  whether a plugin returned the kind of tensor that it got
    process_state.py  what plugins change of the process, put back
    recursion_limit.py  the limit that no plugin can lower
    open_generator.py  weights opened by whichever family knows them
    failure.py    what failed, in a line of words

Once a show runs, the render thread calls the hooks of the rack; plugins that come or go are started and stopped on
the rack editor's thread (`show/rack_editor.py`). A plugin that raises costs only itself: the value before it goes on.
"""
