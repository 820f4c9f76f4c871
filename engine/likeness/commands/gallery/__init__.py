"""`likeness gallery`: whom somebody resembles."""

from cyclopts import App

from likeness.commands.gallery import build as filling
from likeness.commands.gallery import means as grouping
from likeness.commands.gallery import population as populating
from likeness.commands.gallery import search as asking

app = App(name="gallery", help="Known faces, searched for whom somebody resembles.")
for command in (
    filling.build,
    populating.population,
    filling.add,
    asking.search,
    asking.remove,
    filling.merge,
    grouping.means,
):
    app.command(command)
app.command(asking.list_, name="list")
