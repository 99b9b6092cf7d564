"""RLlib's DQN on PettingZoo's pursuit, a policy an agent, the paper's settings (spec/super.md §2–§8), no sharing."""

import os
import warnings

warnings.filterwarnings("ignore")
os.environ["RAY_DEDUP_LOGS"] = "0"
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"

import ray
import torch
from pettingzoo.sisl import pursuit_v5
from ray.rllib.algorithms.dqn import DQN, DQNConfig
from ray.rllib.env.wrappers.pettingzoo_env import ParallelPettingZooEnv
from ray.rllib.models import ModelCatalog
from ray.rllib.models.torch.torch_modelv2 import TorchModelV2
from ray.rllib.utils.from_config import from_config
from ray.rllib.utils.replay_buffers import ReplayBuffer
from ray.tune.registry import register_env

from serve import serve
from torch_networks import CONV, new_network

AGENTS = [f"pursuer_{k}" for k in range(8)]


class Torso(TorchModelV2, torch.nn.Module):
    """The features of the bench's networks; RLlib puts the dueling heads behind."""

    def __init__(self, obs_space, action_space, num_outputs, model_config, name, **settings):
        TorchModelV2.__init__(self, obs_space, action_space, num_outputs, model_config, name)
        torch.nn.Module.__init__(self)
        self.features = new_network(model_config["custom_model_config"]["case"]).features

    def forward(self, input_dict, state, seq_lens):
        return self.features(input_dict["obs"].float().permute(0, 3, 1, 2)), state


class PrioritizedDQN(DQN):
    """RLlib 2.60 looks for a text in the replay's type, which its own validation has made a class by then."""

    def _create_local_replay_buffer_if_necessary(self, config):
        return from_config(ReplayBuffer, config["replay_buffer_config"])


def new_algorithm(case, learning_starts):
    return (
        DQNConfig(algo_class=PrioritizedDQN)
        .api_stack(enable_rl_module_and_learner=False, enable_env_runner_and_connector_v2=False)
        .environment("pursuit", disable_env_checking=True)
        .framework("torch")
        .resources(num_gpus=0)
        .env_runners(
            num_env_runners=0,
            rollout_fragment_length=4,
            exploration_config={
                "type": "EpsilonGreedy",
                "initial_epsilon": 0.1,
                "final_epsilon": 0.001,
                "epsilon_timesteps": 100_000,
            },
        )
        .multi_agent(policies=set(AGENTS), policy_mapping_fn=lambda agent, *_, **__: agent)
        .training(
            lr=1.6e-4,
            gamma=0.99,
            train_batch_size=32 * len(AGENTS),
            grad_clip=40.0,
            double_q=True,
            dueling=True,
            hiddens=[256],
            target_network_update_freq=1000,
            num_steps_sampled_before_learning_starts=learning_starts,
            replay_buffer_config={
                "type": "MultiAgentPrioritizedReplayBuffer",
                "capacity": 120_000,
                "prioritized_replay_alpha": 0.6,
                "prioritized_replay_beta": 0.4,
                "prioritized_replay_eps": 1e-6,
            },
            # RLlib gives the custom model the width of its own "policy output" (spec/super.md §7).
            model={
                "custom_model": "torso",
                "custom_model_config": {"case": case},
                "fcnet_hiddens": [256, 256 if case == CONV else 64],
                "_disable_preprocessor_api": True,
            },
        )
        .build_algo()
    )


def prepare(request):
    algorithm = new_algorithm(request["case"], request["learningStarts"])
    for _ in range(request["learningStarts"] // 4 + 2):
        algorithm.training_step()
    model = algorithm.get_policy(AGENTS[0]).model
    return algorithm.training_step, sum(values.numel() for values in model.parameters()), torch.set_num_threads


register_env("pursuit", lambda _: ParallelPettingZooEnv(pursuit_v5.parallel_env(shared_reward=False)))
ModelCatalog.register_custom_model("torso", Torso)
ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False)
serve("RLlib", ray.__version__, prepare)
