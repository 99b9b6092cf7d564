import { superIteration } from "relay/algo/super_dqn.ts";
import { disposeTeam, newTeam } from "relay/algo/team.ts";
import { epsilonAt } from "relay/algo/epsilon_greedy.ts";
import { Rollout } from "relay/algo/rollout.ts";
import { makeEnv } from "relay/env/registry.ts";
import { newFragment } from "relay/replay/fragment.ts";
import { openStream } from "relay/rng/stream.ts";
import { none } from "relay/share/none.ts";
import { SHARE } from "relay/share/share_config.ts";
import type { FinishedRun } from "relay/train/finished_run.ts";
import { learningEnv } from "relay/train/learning_env.ts";
import { useSimd } from "relay/tensor/simd_backend.ts";
import { distancesToNearest, withLook } from "relay/train/situations.ts";
import { trainedNetworks } from "relay/train/trained_networks.ts";

/** What agents experience after training, in order of time. */
export interface SampledTdErrors {
  /** Names of the N agents, those that learnt. */
  readonly agents: readonly string[];
  /** N arrays `[envSteps]`; NaN where the agent was dead and there is no transition. */
  readonly absTdErrors: readonly Float32Array[];
  /** N arrays `[envSteps]`. */
  readonly rewards: readonly Float32Array[];
  /** `[envSteps]`: joint steps since the episode began, 0 at its first. */
  readonly episodeSteps: Int32Array;
  /** N arrays `[envSteps]`: distance to the nearest entity of another group before the step (situations.ts); null without a scene. */
  readonly distances: readonly Float32Array[] | null;
  /** ε that was played with. */
  readonly epsilon: number;
}

/**
 * Lets a finished run's agents go on without learning and computes |δ| of every transition by training's own code: its γ, double or plain
 * target, time-limit rule. The run keeps no target networks, so the online ones stand in for them.
 * @param envSteps joint steps, a multiple of the config's rolloutEnvSteps
 */
export async function sampleTdErrors(
  run: FinishedRun,
  { envSteps, seed }: { readonly envSteps: number; readonly seed: number },
): Promise<SampledTdErrors> {
  await useSimd();
  const { config } = run;
  const F = config.rolloutEnvSteps;
  const epsilon = epsilonAt(config.epsilon, config.totalEnvSteps);
  const learning = learningEnv(makeEnv(config.env.id, config.env.options), config, {
    epsilon: { start: epsilon, end: epsilon, decayEnvSteps: 1 },
    stream: openStream(seed),
  });
  const { env } = learning;
  const networks = await trainedNetworks(run, env);
  // Nothing is learnt or shared, so the smallest replay does.
  const team = newTeam(
    {
      ...config,
      share: config.share.kind === "parameters" ? config.share : SHARE.none,
      learningStartsEnvSteps: Infinity,
      replay: { ...config.replay, capacity: F * env.N },
    },
    env,
    { select: none(), stream: openStream(seed) },
  );
  team.online.copyFrom(networks);
  team.target.copyFrom(networks);
  networks.dispose();
  const { scene } = env;
  const distances = scene ? Array.from({ length: env.N }, () => new Float32Array(envSteps)) : null;
  let looked = 0;
  const watched = withLook(env, () => {
    if (scene) distancesToNearest(scene, scene.cells(0)).forEach((far, i) => distances![i]![looked] = far);
    looked++;
  });
  const rollout = new Rollout(watched, team);
  const { agents, obsDtype } = env.describe();
  const fragment = newFragment(F, env.N, { O: env.O, dtype: obsDtype });
  const absTdErrors = agents.map(() => new Float32Array(envSteps));
  const rewards = agents.map(() => new Float32Array(envSteps));
  const episodeSteps = new Int32Array(envSteps);
  let episodeFrom = 0;
  try {
    env.reset([seed]);
    for (let step = 0; step < envSteps; step += F) {
      const ends = rollout.collect(fragment, config.totalEnvSteps)
        .map(({ envSteps }) => step + envSteps - config.totalEnvSteps);
      for (let t = step; t < step + F; t++) {
        if (ends.includes(t)) episodeFrom = t;
        episodeSteps[t] = t - episodeFrom;
      }
      if (ends.includes(step + F)) episodeFrom = step + F;
      const iteration = superIteration(team, fragment, config.totalEnvSteps);
      for (let i = 0; i < env.N; i++) {
        const own = iteration.absTdErrors.subarray(i * F, (i + 1) * F);
        absTdErrors[i]!.set(own.map((error, t) => fragment.alive[i * F + t] ? error : NaN), step);
        rewards[i]!.set(fragment.rewards.subarray(i * F, (i + 1) * F), step);
      }
    }
  } finally {
    rollout.dispose();
    learning.dispose();
    disposeTeam(team);
  }
  return {
    agents,
    absTdErrors,
    rewards,
    episodeSteps,
    distances,
    epsilon,
  };
}
