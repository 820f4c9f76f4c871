"""`likeness gallery`: whom somebody resembles."""

from cyclopts import App

from likeness.commands.gallery import asking, filling, grouping, populating

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
