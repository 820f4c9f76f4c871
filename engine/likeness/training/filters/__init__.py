"""Training of filters: networks that paint a picture in a style, or translate it into another kind of picture.

In reading order:

- `style_features.py`: the features that style and content are compared by; `style_losses.py`: how.
- `style.py`: the recipe `style`, several styles in one network.
- `stylize.py`: one picture painted by search, without a network that could be played.
- `cycle.py`: the recipe `cycle`, from one folder of pictures to another kind; `cycle_parts.py` and `change.py`: its
  critic, its pool of pictures, and whether it has learnt anything.
- `drawn_pictures.py`: pictures to learn on, drawn by weights, where nobody has any.

The loop and the run folders are those of `likeness.training`; a run is one thread.
"""
