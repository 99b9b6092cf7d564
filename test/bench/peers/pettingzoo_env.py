"""PettingZoo's pursuit through its parallel API, eight pursuers with random actions."""

import pettingzoo
from pettingzoo.sisl import pursuit_v5

from random_play import random_play
from serve import serve


def prepare(_request):
    return random_play(pursuit_v5.parallel_env(shared_reward=False)), 0, lambda threads: None


serve("PettingZoo", pettingzoo.__version__, prepare)
