"""MAgent2's engine through its parallel API, all agents with random actions drawn beforehand."""

import importlib

import magent2
import numpy

from serve import serve

ACTION_SETS = 64


def prepare(request):
    # magent/battle_v4 is magent2.environments.battle_v4
    game = importlib.import_module("magent2.environments." + request["env"].split("/")[1])
    env = game.parallel_env(map_size=request["mapSize"])
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

    return work, 0, lambda threads: None


serve("MAgent2", magent2.__version__, prepare)
