"""Training: one loop, and a recipe for each family. Nothing here runs during a show.

In reading order:

- `train.py`: the loop: steps, reports, checkpoints, previews, an end in time. `likeness train` calls `train`.
- `recipe.py`: the interface of the recipes: `gan.py`, `wgan.py`, `vae.py`, `dagan.py`, `refine.py`, `enlarge.py`.
- `settings.py`, `run.py`: the settings of a run, and its folder with config.toml, checkpoints and log.
- `picture_source.py`, `pictures.py`, `dataset.py`: pictures from folders and archives into the run's folder, and on.
- `compute.py`: device, number type, and the processes of torchrun; `schedule.py`: time and learning rate.
- `loss_log.py`, `previews.py`, `knob_sweep.py`: losses, grids, walks and videos of a run.
- `gan_settings.py`, `pca_warm_start.py`, `discriminator_training.py`, `discriminators/`, `ema.py`: parts of `gan`.
- `critic_recipe.py`, `critic.py`: of `wgan` and `dagan`; `latent_density.py`: of `vae`; `pairs.py`, `crops.py`: of
  `refine`; `enlarge_pairs.py`, `enlarge_crops.py`: of `enlarge`; `drawing_recipe.py`, `refine_losses.py`,
  `texture_game.py`: of both.
- `composite.py`, without the loop: `alignment.py`, `layered_faces.py`, `joint_code.py`, `exemplars.py`, `pca.py`,
  `head_shapes.py`, `quiet_axes.py`, `glasses.py`, `beards.py`, `makeup.py`, `earrings.py`, `walls.py`, `eyes.py`.
- `encoder.py`: encoders for weights that have none. `voice/`, `mouth_fields.py`: a face that speaks. `filters/`.

A run is one thread; pictures are read on four. Each step is pure: it depends on the checkpointed state and on a seed
of its own, so a killed run resumes bit by bit.
"""
