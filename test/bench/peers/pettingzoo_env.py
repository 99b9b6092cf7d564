"""PettingZoo's pursuit through its parallel API, eight pursuers with random actions drawn beforehand."""

import numpy
import pettingzoo
from pettingzoo.sisl import pursuit_v5

from serve import serve

ACTION_SETS = 64


def prepare(_request):
    env = pursuit_v5.parallel_env(shared_reward=False)
    env.reset(seed=1)
    names = list(env.possible_agents)
    drawn = numpy.random.default_rng(1).integers(0, 5, (ACTION_SETS, len(names)))
    action_sets = [dict(zip(names, (int(action) for action in actions))) for actions in drawn]
    step = 0

    def work():
        nonlocal step
        if not env.agents:
            env.reset()
        env.step(action_sets[step % ACTION_SETS])
        step += 1

    return work, 0, lambda threads: None


serve("PettingZoo", pettingzoo.__version__, prepare)
