"""The recipes by name."""

from importlib import import_module

from likeness.errors import TrainingError, nearest
from likeness.training.recipe import Recipe

# By name, because a recipe's modules take a second to import and one is wanted.
RECIPES = {
    "gan": ("likeness.training.gan", "GANRecipe"),
    "refine": ("likeness.training.refine", "RefineRecipe"),
    "vae": ("likeness.training.vae", "VAERecipe"),
    "wgan": ("likeness.training.wgan", "WGANRecipe"),
}


def recipe_class(name: str) -> type[Recipe]:
    """Return the class of the recipe `name`.

    Raises:
        TrainingError: there is no such recipe.
    """
    if name not in RECIPES:
        raise TrainingError(f"no recipe {name!r}; {nearest(name, RECIPES)}")
    module, attribute = RECIPES[name]
    kind: type[Recipe] = getattr(import_module(module), attribute)
    return kind
