"""The checks of `likeness check`: can the show start on this machine, and what will be less than was asked for?

In reading order: `finding` (one line of the answer: good, less, or stops), `environment` (ports, displays, controllers,
sound, camera, disk, optional libraries), `priority` (whether the show may come before other programs), `leader` (the
machine that a shadow is to follow, whose show is then the one that is checked), `trial` (weights, licence, and some
seconds of the show itself, from which follows what the machine holds).
`trial.check_show` yields everything in the order in which it is printed. All of it runs on the caller's thread.
"""
