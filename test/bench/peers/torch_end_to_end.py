"""Independent DDQN agents on PettingZoo's pursuit in a clean loop: the paper's settings (spec/super.md §2–§8), no sharing."""

import numpy
import torch
from pettingzoo.sisl import pursuit_v5

from serve import serve
from torch_learner import BATCH, LEARNING_RATE, update_agent
from torch_networks import ACTIONS, new_network

FRAGMENT, TARGET_EVERY = 4, 1000
CAPACITY, ALPHA, BETA, PRIORITY_EPSILON = 120_000, 0.6, 0.4, 1e-6


class PrioritizedReplay:
    """A ring of transitions under a tree of sums and a tree of minima, vectorised over a batch."""

    def __init__(self, generator):
        self.generator = generator
        self.obs = numpy.zeros((CAPACITY, 3, 7, 7), numpy.float32)
        self.next_obs = numpy.zeros_like(self.obs)
        self.actions = numpy.zeros(CAPACITY, numpy.int64)
        self.rewards = numpy.zeros(CAPACITY, numpy.float32)
        self.not_terminal = numpy.zeros(CAPACITY, numpy.float32)
        self.leaves = 1 << (CAPACITY - 1).bit_length()
        self.sums = numpy.zeros(2 * self.leaves)
        self.minima = numpy.full(2 * self.leaves, numpy.inf)
        self.size = self.next = 0

    def insert(self, obs, action, reward, next_obs, ends):
        k = self.next
        self.obs[k], self.actions[k], self.rewards[k], self.next_obs[k] = obs, action, reward, next_obs
        self.not_terminal[k] = not ends
        self.set_priorities(numpy.array([k]), numpy.ones(1))
        self.next = (k + 1) % CAPACITY
        self.size = min(self.size + 1, CAPACITY)

    def set_priorities(self, slots, priorities):
        nodes = slots + self.leaves
        self.sums[nodes] = self.minima[nodes] = priorities**ALPHA
        while nodes[0] > 1:
            nodes = nodes >> 1
            self.sums[nodes] = self.sums[2 * nodes] + self.sums[2 * nodes + 1]
            self.minima[nodes] = numpy.minimum(self.minima[2 * nodes], self.minima[2 * nodes + 1])

    def sample(self):
        masses = self.generator.random(BATCH) * self.sums[1]
        nodes = numpy.ones(BATCH, numpy.int64)
        while nodes[0] < self.leaves:
            left = 2 * nodes
            goes_right = masses >= self.sums[left]
            masses -= numpy.where(goes_right, self.sums[left], 0)
            nodes = left + goes_right
        slots = nodes - self.leaves
        weights = ((self.sums[nodes] / self.minima[1]) ** -BETA).astype(numpy.float32)
        columns = {
            "obs": self.obs, "next_obs": self.next_obs, "actions": self.actions,
            "rewards": self.rewards, "not_terminal": self.not_terminal,
        }
        batch = {name: torch.from_numpy(values[slots]) for name, values in columns.items()}
        return slots, {**batch, "weights": torch.from_numpy(weights)}


class Training:
    def __init__(self, case, learning_starts):
        self.generator = numpy.random.default_rng(1)
        self.env = pursuit_v5.parallel_env(shared_reward=False)
        self.names = list(self.env.possible_agents)
        self.online = [new_network(case) for _ in self.names]
        self.target = [new_network(case) for _ in self.names]
        self.optimizers = [torch.optim.Adam(network.parameters(), lr=LEARNING_RATE) for network in self.online]
        self.replays = [PrioritizedReplay(self.generator) for _ in self.names]
        self.learning_starts, self.steps, self.last_copy = learning_starts, 0, 0
        self.copy_targets()
        self.observe(self.env.reset(seed=101)[0])

    def observe(self, observations):
        self.obs = [numpy.ascontiguousarray(observations[name].transpose(2, 0, 1), numpy.float32) for name in self.names]

    def copy_targets(self):
        for target, online in zip(self.target, self.online):
            target.load_state_dict(online.state_dict())

    def act(self):
        epsilon = max(0.001, 0.1 - 0.099 * self.steps / 100_000)
        explores = self.generator.random(len(self.names)) < epsilon
        drawn = self.generator.integers(0, ACTIONS, len(self.names))
        with torch.no_grad():
            return [
                int(action) if random else int(online.advantage(torch.from_numpy(obs)[None]).argmax())
                for online, obs, random, action in zip(self.online, self.obs, explores, drawn)
            ]

    def step(self):
        actions, before = self.act(), self.obs
        observations, rewards, ended, timed_out, _ = self.env.step(dict(zip(self.names, actions)))
        self.observe(observations)
        for k, name in enumerate(self.names):
            ends = ended[name] or timed_out[name]
            self.replays[k].insert(before[k], actions[k], rewards[name], self.obs[k], ends)
        self.steps += 1
        if not self.env.agents:
            self.observe(self.env.reset()[0])

    def iterate(self):
        """A fragment, then one update an agent."""
        for _ in range(FRAGMENT):
            self.step()
        if self.steps <= self.learning_starts:
            return
        for online, target, optimizer, replay in zip(self.online, self.target, self.optimizers, self.replays):
            slots, batch = replay.sample()
            errors = update_agent(online, target, optimizer, batch)
            replay.set_priorities(slots, numpy.abs(errors) + PRIORITY_EPSILON)
        if self.steps - self.last_copy >= TARGET_EVERY:
            self.copy_targets()
            self.last_copy = self.steps


def prepare(request):
    torch.manual_seed(1)
    training = Training(request["case"], request["learningStarts"])
    while training.steps <= request["learningStarts"]:
        training.iterate()
    parameters = sum(parameter.numel() for parameter in training.online[0].parameters())
    return training.iterate, parameters, torch.set_num_threads


if __name__ == "__main__":
    serve("PyTorch + PettingZoo", torch.__version__, prepare)
