"""One double-DQN update of eight agents in JAX: `jit(vmap(update))`, convolutions as such or as products with patches.

NPROC, in the environment, is the number of threads that XLA makes; it cannot change later.
"""

import functools

import jax
import numpy
from jax import numpy as jnp

from serve import serve

AGENTS, BATCH, ACTIONS = 8, 32, 5
GAMMA, LEARNING_RATE, CLIP_NORM, EPSILON = 0.99, 1.6e-4, 40.0, 1e-8
WIDTHS = {"fc 147-64-64-5": [147, 64, 64, 5], "fc 147-512-512-5": [147, 512, 512, 5]}
CONV = "conv, dueling heads 256"
DUELING_FC = "fc 147-64-64, dueling heads 256"


def plan(case):
    """Layers by name: weight shapes, and the activation behind each."""
    heads = lambda width: {
        "a1": ([width, 256], jax.nn.relu), "a2": ([256, ACTIONS], None),
        "v1": ([width, 256], jax.nn.relu), "v2": ([256, 1], None),
    }
    if case == CONV:
        return {
            "conv1": ([2, 2, 3, 32], jax.nn.relu), "conv2": ([2, 2, 32, 64], jax.nn.relu),
            "conv3": ([2, 2, 64, 64], jax.nn.relu),
            "fc": ([1024, 64], jax.nn.relu), "policy": ([64, 256], None), **heads(256),
        }
    if case == DUELING_FC:
        return {"fc1": ([147, 64], jnp.tanh), "fc2": ([64, 64], jnp.tanh), **heads(64)}
    widths = WIDTHS[case]
    return {
        f"a{k}": ([widths[k], widths[k + 1]], jnp.tanh if k < len(widths) - 2 else None) for k in range(len(widths) - 1)
    }


def first_parameters(layers, key):
    """Of one network."""
    parameters = {}
    for name, (shape, _) in layers.items():
        key, weights, biases = jax.random.split(key, 3)
        bound = float(numpy.prod(shape[:-1])) ** -0.5
        parameters[name] = (
            jax.random.uniform(weights, shape, minval=-bound, maxval=bound),
            jax.random.uniform(biases, shape[-1:], minval=-bound, maxval=bound),
        )
    return parameters


def convolve(x, weight, im2col):
    if not im2col:
        return jax.lax.conv_general_dilated(x, weight, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))
    patches = jnp.concatenate([x[:, :-1, :-1], x[:, :-1, 1:], x[:, 1:, :-1], x[:, 1:, 1:]], -1)
    return patches @ weight.reshape(-1, weight.shape[-1])


def apply(layers, names, parameters, x, im2col):
    for name in names:
        weight, bias = parameters[name]
        activation = layers[name][1]
        x = convolve(x, weight, im2col) if weight.ndim == 4 else x.reshape(x.shape[0], -1) @ weight
        x = x + bias if activation is None else activation(x + bias)
    return x


def q_functions(layers, im2col):
    """Q-values of one network, and the advantage alone, whose argmax is the same."""
    part = lambda first: [name for name in layers if (name[0] if name[0] in "av" else "torso") == first]

    def advantage(parameters, x):
        return apply(layers, part("a"), parameters, apply(layers, part("torso"), parameters, x, im2col), im2col)

    def q(parameters, x):
        features = apply(layers, part("torso"), parameters, x, im2col)
        a = apply(layers, part("a"), parameters, features, im2col)
        if not part("v"):
            return a
        return apply(layers, part("v"), parameters, features, im2col) + a - a.mean(1, keepdims=True)

    return q, advantage


def update(functions, online, target, adam, batch):
    """One agent: one step of Adam behind clipping; returns the TD errors too, which replay takes as priorities."""
    q, advantage = functions
    rows = jnp.arange(BATCH)
    best = advantage(online, batch["next_obs"]).argmax(1)
    y = batch["rewards"] + GAMMA * batch["not_terminal"] * q(target, batch["next_obs"])[rows, best]

    def loss(parameters):
        errors = q(parameters, batch["obs"])[rows, batch["actions"]] - y
        size = jnp.abs(errors)
        return (batch["weights"] * jnp.where(size < 1, 0.5 * errors**2, size - 0.5)).mean(), errors

    gradient, errors = jax.grad(loss, has_aux=True)(online)
    norm = jnp.sqrt(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(gradient)))
    gradient = jax.tree.map(lambda g: g * jnp.minimum(1.0, CLIP_NORM / (norm + 1e-6)), gradient)
    m, v, step = adam
    step = step + 1
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradient)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradient)
    rate, v_scale = LEARNING_RATE / (1 - 0.9**step), 1 / (1 - 0.999**step)
    online = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v * v_scale) + EPSILON), online, m, v)
    return online, (m, v, step), errors


def random_batch(generator, batch):
    obs = lambda: generator.integers(0, 3, (AGENTS, batch, 7, 7, 3)) * (generator.random((AGENTS, batch, 7, 7, 3)) < 0.25)
    data = {
        "obs": obs(),
        "next_obs": obs(),
        "rewards": generator.normal(size=(AGENTS, batch)),
        "not_terminal": generator.random((AGENTS, batch)) < 0.98,
        "weights": generator.random((AGENTS, batch)),
    }
    actions = jnp.asarray(generator.integers(0, ACTIONS, (AGENTS, batch)), jnp.int32)
    return {**{name: jnp.asarray(values, jnp.float32) for name, values in data.items()}, "actions": actions}


def prepare(request):
    layers = plan(request["case"])
    functions = q_functions(layers, request["variant"] == "im2col")
    generator = numpy.random.default_rng(1)
    keys = jax.random.split(jax.random.key(1), AGENTS)
    online = jax.vmap(functools.partial(first_parameters, layers))(keys)
    # Donated buffers are updated in place, so nothing may share them.
    copy = lambda tree: jax.tree.map(jnp.copy, tree)
    zeros = lambda: jax.tree.map(jnp.zeros_like, online)
    state = {"online": copy(online), "adam": (zeros(), zeros(), jnp.zeros(AGENTS))}
    target, batch, row = copy(online), random_batch(generator, BATCH), random_batch(generator, 1)["obs"]
    compiled = jax.jit(jax.vmap(functools.partial(update, functions)), donate_argnums=(0, 2))
    greedy = jax.jit(jax.vmap(lambda parameters, x: functions[1](parameters, x).argmax(1)))

    def run_update():
        state["online"], state["adam"], errors = compiled(state["online"], target, state["adam"], batch)
        return numpy.asarray(errors)

    def run_act():
        return numpy.asarray(greedy(state["online"], row))

    work = {"update": run_update, "act": run_act}[request["work"]]
    for _ in range(5):
        work()
    return work, sum(leaf.size for leaf in jax.tree.leaves(online)) // AGENTS, lambda threads: None


serve("JAX", jax.__version__, prepare)
