"""The bench's three Q-networks in PyTorch: a module an agent, and all agents stacked for batched products."""

import torch
from torch import nn
from torch.nn import functional as F

AGENTS, ACTIONS = 8, 5
WIDTHS = {"fc 147-64-64-5": [147, 64, 64, 5], "fc 147-512-512-5": [147, 512, 512, 5]}
CONV = "conv, dueling heads 256"
DUELING_FC = "fc 147-64-64, dueling heads 256"


class DenseNetwork(nn.Module):
    """Dense layers with tanh between them."""

    def __init__(self, widths):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in zip(widths, widths[1:]))

    def forward(self, x):
        x = x.flatten(1)
        for layer in self.layers[:-1]:
            x = torch.tanh(layer(x))
        return self.layers[-1](x)

    # The values whose argmax is that of the Q-values.
    advantage = forward


class DuelingNetwork(nn.Module):
    """Features, then Q = V + A − mean A (spec/super.md §7)."""

    def __init__(self, features, width):
        super().__init__()
        self.features = features
        self.a = nn.Sequential(nn.Linear(width, 256), nn.ReLU(), nn.Linear(256, ACTIONS))
        self.v = nn.Sequential(nn.Linear(width, 256), nn.ReLU(), nn.Linear(256, 1))
        for layer in [*self.a, *self.v]:
            if isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(self, x):
        features = self.features(x)
        advantage = self.a(features)
        return self.v(features) + advantage - advantage.mean(1, keepdim=True)

    def advantage(self, x):
        return self.a(self.features(x))


def new_network(case):
    """Observations [batch, 3, 7, 7] → Q-values [batch, 5]."""
    if case == CONV:
        convolutions = [nn.Conv2d(3, 32, 2), nn.ReLU(), nn.Conv2d(32, 64, 2), nn.ReLU(), nn.Conv2d(64, 64, 2), nn.ReLU()]
        dense = [nn.Flatten(), nn.Linear(1024, 64), nn.ReLU(), nn.Linear(64, 256)]
        return DuelingNetwork(nn.Sequential(*convolutions, *dense), 256)
    if case == DUELING_FC:
        dense = [nn.Flatten(), nn.Linear(147, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh()]
        return DuelingNetwork(nn.Sequential(*dense), 64)
    return DenseNetwork(WIDTHS[case])


class StackedNetworks:
    """All agents' networks at once: parameters [agents, …], convolutions as products with 2 × 2 patches."""

    def __init__(self, case):
        self.layers = {}
        if case == CONV:
            self._add("conv1 conv2 conv3", [12, 128, 256], [32, 64, 64])
            self._add("fc policy", [1024, 64], [64, 256])
            self.torso = [("conv1", F.relu), ("conv2", F.relu), ("conv3", F.relu), ("fc", F.relu), ("policy", None)]
            self._add_heads(256)
        elif case == DUELING_FC:
            self._add("fc1 fc2", [147, 64], [64, 64])
            self.torso = [("fc1", torch.tanh), ("fc2", torch.tanh)]
            self._add_heads(64)
        else:
            widths = WIDTHS[case]
            self._add("fc1 fc2 fc3", widths[:-1], widths[1:])
            self.torso = [("fc1", torch.tanh), ("fc2", torch.tanh)]
            self.heads = {"a": [("fc3", None)]}

    def _add(self, names, inputs, outputs):
        for name, i, o in zip(names.split(), inputs, outputs):
            bound = i**-0.5
            weight = torch.empty(AGENTS, i, o).uniform_(-bound, bound).requires_grad_()
            bias = torch.empty(AGENTS, 1, o).uniform_(-bound, bound).requires_grad_()
            self.layers[name] = (weight, bias)

    def _add_heads(self, width):
        self._add("a1 a2 v1 v2", [width, 256, width, 256], [256, ACTIONS, 256, 1])
        self.heads = {"a": [("a1", F.relu), ("a2", None)], "v": [("v1", F.relu), ("v2", None)]}

    def parameters(self):
        return [tensor for layer in self.layers.values() for tensor in layer]

    def copy_from(self, other):
        with torch.no_grad():
            for mine, theirs in zip(self.parameters(), other.parameters()):
                mine.copy_(theirs)

    def _apply(self, layers, x):
        for name, activation in layers:
            weight, bias = self.layers[name]
            if name.startswith("conv"):
                _, batch, height, width, _ = x.shape
                patches = [x[:, :, :-1, :-1], x[:, :, :-1, 1:], x[:, :, 1:, :-1], x[:, :, 1:, 1:]]
                rows = torch.cat(patches, -1).flatten(1, 3)
                x = torch.baddbmm(bias, rows, weight).unflatten(1, (batch, height - 1, width - 1))
            else:
                x = torch.baddbmm(bias, x.flatten(2), weight)
            x = activation(x) if activation else x
        return x

    def advantage(self, x):
        return self._apply(self.heads["a"], self._apply(self.torso, x))

    def __call__(self, x):
        """[agents, batch, 7, 7, 3] → [agents, batch, 5]"""
        features = self._apply(self.torso, x)
        advantage = self._apply(self.heads["a"], features)
        if "v" not in self.heads:
            return advantage
        return self._apply(self.heads["v"], features) + advantage - advantage.mean(2, keepdim=True)
