"""Files: where things lie, text from outside, and writes that a power cut cannot leave half done.

- `paths`: the program's own plugins, presets, weights, controllers and faces, and the user's, by name.
- `names`: what a performer may call a cue, a bank or a preset.
- `text_file`: TOML, CSV and plain text that somebody wrote with any editor, read or refused in one line.
- `lasting_stream`: standard streams that nobody can close.
- `working_folder`: what to do where the current folder was removed.
- `file_stamp`: whether a file was written since somebody looked.
- `atomic_write`: a file that replaces another, as a whole or not at all.
- `rotating_file`: a log of bounded size.
- `sqlite`: databases that several programs write, and that keep nothing of what was deleted.

Nothing here knows what the files mean. Any thread.
"""
