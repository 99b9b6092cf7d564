"""MAgent2's engine through its parallel API, all agents with random actions."""

import importlib

import magent2

from random_play import random_play
from serve import serve


def prepare(request):
    # magent/battle_v4 is magent2.environments.battle_v4
    game = importlib.import_module("magent2.environments." + request["env"].split("/")[1])
    return random_play(game.parallel_env(map_size=request["mapSize"])), 0, lambda threads: None


serve("MAgent2", magent2.__version__, prepare)
