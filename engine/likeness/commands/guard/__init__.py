"""`likeness guard`: play a preset for months, and begin with the machine.

- `run.py`: `likeness guard PRESET`, the supervisor.
- `install.py`: `likeness guard install` and `uninstall`, which write what the system starts.
- `options.py`: what both take.
"""

from cyclopts import App

from likeness.commands.guard.install import install, uninstall
from likeness.commands.guard.run import guard

app = App(name="guard", help="Play a preset for months: start it again whenever it dies, hangs or shows nothing.")
app.default(guard)
for command in (install, uninstall):
    app.command(command)
