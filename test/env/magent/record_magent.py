"""Records episodes of MAgent2's Battle and Adversarial Pursuit with drawn options, seeds and ways to play (spec/env_magent.md §8).

    .peers/venv/bin/python test/env/magent/record_magent.py FOLDER FIRST COUNT
    deno task parity FOLDER/*.json.gz

An episode is a function of its number. Each is played in a process of its own, as MAgent2 itself crashes in some.
"""

import gzip
import hashlib
import importlib
import json
import os
import random
import subprocess
import sys

import numpy

WAYS_TO_PLAY = ["random", "chase", "mixed", "mixed"]
NEXT_TO = [(dx, dy) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
SOLDIER_MOVES = [(dx, dy) for dy in range(-2, 3) for dx in range(-2, 3) if abs(dx) + abs(dy) <= 2]
SOLDIER_HITS = [offset for offset in NEXT_TO if offset != (0, 0)]
PREDATOR_MOVES = [(0, -1), (-1, 0), (0, 0), (1, 0), (0, 1)]
PREDATOR_TAGS = [(0, -1), (1, -1), (-1, 0), (2, 0), (-1, 1), (2, 1), (0, 2), (1, 2)]
# offsets of the moves and of the attacks of either team, in the order of the actions
OFFSETS = {
    "battle": [(SOLDIER_MOVES, SOLDIER_HITS)] * 2,
    "adversarial_pursuit": [(PREDATOR_MOVES, PREDATOR_TAGS), (NEXT_TO, [])],
}


def drawn_options(draw, game):
    options = {
        "map_size": draw.randint(12 if game == "battle" else 7, 30),
        "minimap_mode": draw.random() < 0.4,
        "extra_features": draw.random() < 0.4,
        "max_cycles": draw.choice([10, 40, 80, 120]),
    }
    if draw.random() < 0.4:
        rewards = ["step_reward", "dead_penalty", "attack_penalty", "attack_opponent_reward"]
        for name in rewards if game == "battle" else ["tag_penalty"]:
            options[name] = draw.choice([0.0, -0.1, 0.2, round(draw.uniform(-1, 1), 3)])
    return options


def sha256(observations):
    whole = hashlib.sha256()
    for observation in observations.values():
        whole.update(numpy.ascontiguousarray(observation, dtype="<f4").tobytes())
    return whole.hexdigest()


class Teams:
    """Who lives, in the engine's order, and where."""

    def __init__(self, env):
        self.engine = env.unwrapped.env
        self.handles = self.engine.get_handles()
        self.names = list(env.agents)

    def positions(self):
        return [
            {
                self.names[agent]: [int(x), int(y)]
                for agent, (x, y) in zip(self.engine.get_agent_id(handle), self.engine.get_pos(handle))
            }
            for handle in self.handles
        ]


def chasing_action(draw, place, foes, moves, attacks):
    x, y = place
    hits = [i for i, (dx, dy) in enumerate(attacks) if [x + dx, y + dy] in foes]
    if hits:
        return len(moves) + draw.choice(hits)
    goal_x, goal_y = min(foes, key=lambda foe: (foe[0] - x) ** 2 + (foe[1] - y) ** 2)

    def distance(i):
        return (goal_x - x - moves[i][0]) ** 2 + (goal_y - y - moves[i][1]) ** 2 + draw.random()

    return min(range(len(moves)), key=distance)


def drawn_actions(draw, way, teams, offsets):
    actions = {}
    for team, (moves, attacks) in enumerate(offsets):
        foes = list(teams[1 - team].values())
        for name, place in teams[team].items():
            chases = way == "chase" or (way == "mixed" and draw.random() < 0.6)
            actions[name] = (
                chasing_action(draw, place, foes, moves, attacks)
                if foes and chases
                else draw.randrange(len(moves) + len(attacks))
            )
    return actions


def episode(number):
    draw = random.Random(number)
    game = draw.choice(list(OFFSETS))
    options = drawn_options(draw, game)
    seed = draw.choice([0, 1, draw.randint(2, 100_000), draw.randint(0, 2**31 - 1)])
    way = draw.choice(WAYS_TO_PLAY)
    env = importlib.import_module(f"magent2.environments.{game}_v4").parallel_env(**options)
    first = env.reset(seed=seed)
    observations = first[0] if isinstance(first, tuple) else first
    teams = Teams(env)
    positions = teams.positions()
    trace = {
        "env": game,
        "kwargs": options,
        "seed": seed,
        "agents": teams.names,
        "walls": [[int(x), int(y)] for x, y in teams.engine._get_walls_info()],
        "initial_positions": {**positions[0], **positions[1]},
        "initial_obs_sha256": sha256(observations),
        "steps": [],
    }
    while env.agents:
        actions = drawn_actions(draw, way, positions, OFFSETS[game])
        observations, rewards, terminated, truncated, _ = env.step(actions)
        positions = teams.positions()
        trace["steps"].append({
            "actions": actions,
            "rewards": {name: float(reward) for name, reward in rewards.items()},
            "terminated": [name for name, holds in terminated.items() if holds],
            "truncated": [name for name, holds in truncated.items() if holds],
            "obs_sha256": sha256(observations),
            "positions_after_clear_dead": {**positions[0], **positions[1]},
        })
    return trace


def record(folder, first, count):
    os.makedirs(folder, exist_ok=True)
    for number in range(first, first + count):
        ended = subprocess.run([sys.executable, __file__, folder, str(number)], check=False)
        if ended.returncode != 0:
            print(f"episode {number}: MAgent2 ended with {ended.returncode}, nothing recorded")


if __name__ == "__main__":
    if len(sys.argv) == 4:
        record(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    else:
        folder, number = sys.argv[1], int(sys.argv[2])
        trace = episode(number)
        with gzip.open(f"{folder}/magent_{number}.json.gz", "wt") as file:
            json.dump(trace, file)
