"""Playing a PettingZoo environment through its parallel API with random actions drawn beforehand."""

import numpy

ACTION_SETS = 64


def random_play(env):
    """One joint step at a call; a new episode where one has ended."""
    env.reset(seed=1)
    names = list(env.possible_agents)
    sizes = [env.action_space(name).n for name in names]
    drawn = numpy.random.default_rng(1).integers(0, sizes, (ACTION_SETS, len(names)))
    action_sets = [dict(zip(names, (int(action) for action in actions))) for actions in drawn]
    step = 0

    def work():
        nonlocal step
        if not env.agents:
            env.reset()
        env.step(action_sets[step % ACTION_SETS])
        step += 1

    return work
