"""`likeness audience`: visitors who send photos from their phones, one file for each of its commands.

`serve` is the server for phones and for the operator, `work` makes the films; `common` has the options of both.

All of it needs the extra `audience`; without it each command ends in a line that says so.
"""

from cyclopts import App

from likeness.commands.audience.serve import serve
from likeness.commands.audience.work import work

app = App(name="audience", help="Visitors who send photos from their phones, and their films.")
for command in (serve, work):
    app.command(command)
