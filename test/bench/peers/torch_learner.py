"""One double-DQN update of eight agents in PyTorch: a loop over the agents, or all of them stacked (`baddbmm`)."""

import torch
from torch.nn import functional as F

from serve import serve
from torch_networks import ACTIONS, AGENTS, StackedNetworks, new_network

BATCH, GAMMA, LEARNING_RATE, CLIP_NORM = 32, 0.99, 1.6e-4, 40.0


def random_batch(batch):
    obs, next_obs = torch.randint(0, 3, (2, AGENTS, batch, 7, 7, 3)).float() * (torch.rand(2, AGENTS, batch, 7, 7, 3) < 0.25)
    return {
        "obs": obs,
        "next_obs": next_obs,
        "actions": torch.randint(0, ACTIONS, (AGENTS, batch)),
        "rewards": torch.randn(AGENTS, batch),
        "not_terminal": (torch.rand(AGENTS, batch) < 0.98).float(),
        "weights": torch.rand(AGENTS, batch),
    }


def taken(q, actions):
    return q.gather(-1, actions.unsqueeze(-1)).squeeze(-1)


def td_target(online, target, batch):
    with torch.no_grad():
        best = online.advantage(batch["next_obs"]).argmax(-1)
        return batch["rewards"] + GAMMA * batch["not_terminal"] * taken(target(batch["next_obs"]), best)


def update_agent(online, target, optimizer, batch):
    """One step; returns the TD errors, which replay takes as priorities."""
    errors = taken(online(batch["obs"]), batch["actions"]) - td_target(online, target, batch)
    loss = (batch["weights"] * F.huber_loss(errors, torch.zeros_like(errors), reduction="none")).mean()
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(online.parameters(), CLIP_NORM)
    optimizer.step()
    return errors.detach().numpy()


def looped(case):
    agents = []
    data = random_batch(BATCH)
    for agent in range(AGENTS):
        online, target = new_network(case), new_network(case)
        target.load_state_dict(online.state_dict())
        mine = {name: values[agent] for name, values in data.items()}
        for name in ("obs", "next_obs"):
            mine[name] = mine[name].permute(0, 3, 1, 2).contiguous()
        agents.append((online, target, torch.optim.Adam(online.parameters(), lr=LEARNING_RATE), mine))
    rows = [mine["obs"][:1] for *_, mine in agents]

    def update():
        for online, target, optimizer, mine in agents:
            update_agent(online, target, optimizer, mine)

    def act():
        with torch.no_grad():
            return [int(online.advantage(row).argmax()) for (online, *_), row in zip(agents, rows)]

    return {"update": update, "act": act}, agents[0][0].parameters()


def stacked(case):
    online, target = StackedNetworks(case), StackedNetworks(case)
    target.copy_from(online)
    parameters = online.parameters()
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE)
    batch, row = random_batch(BATCH), random_batch(1)["obs"]

    def clip_each_agent():
        squares = sum(parameter.grad.flatten(1).square().sum(1) for parameter in parameters)
        scale = (CLIP_NORM / (squares.sqrt() + 1e-6)).clamp(max=1.0)
        for parameter in parameters:
            parameter.grad.mul_(scale.view(-1, *[1] * (parameter.dim() - 1)))

    def update():
        errors = taken(online(batch["obs"]), batch["actions"]) - td_target(online, target, batch)
        losses = batch["weights"] * F.huber_loss(errors, torch.zeros_like(errors), reduction="none")
        optimizer.zero_grad(set_to_none=True)
        losses.mean(1).sum().backward()
        clip_each_agent()
        optimizer.step()
        return errors.detach().numpy()

    def act():
        with torch.no_grad():
            return online.advantage(row).argmax(-1).numpy()

    return {"update": update, "act": act}, [parameter[0] for parameter in parameters]


def prepare(request):
    torch.manual_seed(1)
    works, parameters = {"loop": looped, "stacked": stacked}[request["variant"]](request["case"])
    for _ in range(3):
        works[request["work"]]()
    return works[request["work"]], sum(parameter.numel() for parameter in parameters), torch.set_num_threads


if __name__ == "__main__":
    serve("PyTorch", torch.__version__, prepare)
