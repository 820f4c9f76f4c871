"""The commands of `likeness`: one module for each, with the command's own name, registered in `likeness.cli`.

A command is a function: its parameters are the options, its docstring is the `--help`. cyclopts reads NumPy style, so
these docstrings have it, where the rest of the engine has Google style. The options that `play`, `check` and `render`
share, and the types of options that several commands take, are declared in `likeness.options`; `likeness.ranges` says
which numbers are accepted.

`gallery/` and `train/` hold groups of commands; `directions` and `weights` are groups in one file. `progress_bars` and
`status_panel` are what commands show while they run.

Heavy modules are imported inside the functions, so that `--help` is quick. A command runs on the main thread; the
status panel draws on a thread of its own.
"""
