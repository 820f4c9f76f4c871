"""`likeness gallery`: the gallery of known faces, one file for each of its commands.

`build` (a generator's own faces), `add` (photos), `merge` (other galleries), `population` (embeddings of a generator's
faces, computed once), `list`, `search`, `remove`, `means` (mean faces of groups).

`common` has the option `--gallery`, progress and messages for all of them.
"""

from cyclopts import App

from likeness.commands.gallery.add import add
from likeness.commands.gallery.build import build
from likeness.commands.gallery.list import list_
from likeness.commands.gallery.means import means
from likeness.commands.gallery.merge import merge
from likeness.commands.gallery.population import population
from likeness.commands.gallery.remove import remove
from likeness.commands.gallery.search import search

app = App(name="gallery", help="Known faces, to find out whom somebody resembles.")
for command in (build, population, add, search, remove, merge, means):
    app.command(command)
app.command(list_, name="list")
