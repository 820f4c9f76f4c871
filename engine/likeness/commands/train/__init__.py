"""`likeness train`: weights from a folder of pictures, one file for each family.

- `faces.py`: all of it in one run, from a folder to weights with encoder, directions and population.
- `composite.py`, `refine.py`, `enlarge.py`: composite portraits, the refiner of their drawings, and their enlarger.
- `eyes.py`: crisp eyes for the faces of a composite; `glasses.py`, `beards.py`, `makeup.py`,
  `earrings.py`: what they can wear; `walls.py`: what is behind them.
- `runs.py`: `wgan`, `vae` and `resume`, and the options that all recipes of the training loop share.
- `style.py`, `cycle.py`: filters that paint in a style, or translate pictures into another kind.
- `dagan.py`: other pictures of a picture's class, for `likeness augment`.
- `gan.py`: the style-based GAN. `encoder.py`: an encoder for weights that have none.
- `voice.py`: what a face that speaks hears, and how its mouth moves.
- `progress.py`: the progress of a run on the terminal and in TensorBoard.

Each reads its options and calls `likeness.training`, which it imports only when it is run.
"""
