/**
 * An episode to watch: played once, shown with play button, slider and speed, alive in exported pages too.
 * @module
 */
import { type EnvOptions, makeStoppingEnv } from "relay/env/registry.ts";
import { scenePicture } from "relay/env/scene_picture.ts";
import { teamOfAgent, teamsOf } from "relay/env/teams.ts";
import { REPLAY_PLAYER } from "relay/notebook/browser/replay_scripts.ts";
import { episodeView } from "relay/notebook/episode_view.ts";
import { fixed, whole } from "relay/notebook/format.ts";
import { html, scriptJson } from "relay/notebook/html.ts";
import { display, type MimeBundle } from "relay/notebook/live/display.ts";
import { encodePng } from "relay/notebook/png.ts";
import { type EpisodeView, RELAY_MIME, type RelayOutput } from "relay/notebook/relay_output.ts";
import { openStream } from "relay/rng/stream.ts";
import { ConfigError } from "relay/train/config.ts";
import { anyFinishedRun, type RunSource } from "relay/train/finished_run.ts";
import { type Episode, type Policy, recordEpisode } from "relay/train/record_episode.ts";

/** What to play and how to show it. */
export interface ReplayOptions {
  /** Seed of the episode; 1 unless given. */
  readonly seed?: number;
  /** Folder of the runs; `../runs` unless given, as seen from a notebook. */
  readonly runsDir?: string;
  /** Says what is seen; made from run and seed unless given. */
  readonly title?: string;
  /** A sentence below the board. */
  readonly caption?: string;
  /** For a policy function: where it plays. A run plays in its own environment. */
  readonly env?: { readonly id: string; readonly options?: EnvOptions };
  /** Joint steps at most; to the episode's end unless given. */
  readonly maxSteps?: number;
}

/** An episode as it is shown. */
export interface Replay {
  readonly bundle: MimeBundle;
  readonly episode: EpisodeView;
}

/**
 * Plays one episode and shows it under the cell: a finished run's policy as its evaluations play it (DDQN: greedy, with its Q-values;
 * actor-critics: sampled unless their config says greedy, with its probabilities), or any function from observations to actions.
 *
 * @example
 * ```ts
 * import { randomPolicy, replay } from "relay/notebook/replay.ts";
 *
 * const env = { id: "sisl/pursuit_v4", options: { x_size: 10, y_size: 10, n_evaders: 12 } };
 * await replay(randomPolicy(1), { env, maxSteps: 20 });
 * ```
 */
export async function replay(source: RunSource | Policy, options: ReplayOptions = {}): Promise<void> {
  const { bundle } = await recordReplay(source, options);
  await display(bundle);
}

/**
 * What `replay` shows, without showing it.
 * @throws {ConfigError} when there is no such finished run, or a policy comes without an environment
 */
export async function recordReplay(
  source: RunSource | Policy,
  options: ReplayOptions = {},
): Promise<Replay> {
  const { episode, title } = typeof source === "function"
    ? playPolicy(source, options)
    : await playRun(source, options);
  const view = await episodeView(episode, options.title ?? title);
  return { bundle: await bundleOf(view, episode, options.caption), episode: view };
}

/** Uniform random actions, the same for the same seed. */
export function randomPolicy(seed = 1): Policy {
  const stream = openStream(seed);
  return function randomActions(_obs, { N, A }) {
    return { actions: Array.from({ length: N }, () => stream.below(A)) };
  };
}

interface Played {
  readonly episode: Episode;
  readonly title: string;
}

function playPolicy(policy: Policy, { env, seed = 1, maxSteps }: ReplayOptions): Played {
  if (!env) {
    throw new ConfigError(
      'Cannot replay a policy function: env is missing, expected where it plays, such as { id: "sisl/pursuit_v4" }',
    );
  }
  const made = makeStoppingEnv(env.id, env.options);
  return {
    episode: recordEpisode(made, policy, { seed, ...(maxSteps !== undefined && { maxSteps }) }),
    title: `${policy.name || "A policy"} in ${env.id}, seed ${seed}`,
  };
}

async function playRun(source: RunSource, options: ReplayOptions): Promise<Played> {
  const { runsDir = "../runs", seed = 1, maxSteps } = options;
  const run = anyFinishedRun(source, runsDir);
  // tfjs takes a while to load; a notebook that replays nothing does not wait for it
  const { trainedPolicy } = await import("relay/train/trained_policy.ts");
  const { learningEnv } = await import("relay/train/learning_env.ts");
  const { useSimd } = await import("relay/tensor/simd_backend.ts");
  await useSimd();
  const { config } = run;
  const learning = learningEnv(makeStoppingEnv(config.env.id, config.env.options), config);
  const { env } = learning;
  const { policy, isSampled, dispose } = await trainedPolicy(run, env, seed);
  try {
    const episode = recordEpisode(env, policy, { seed, ...(maxSteps !== undefined && { maxSteps }) });
    const title = `${isSampled ? "Sampled" : "Greedy"} policy of ${run.runId}, episode of seed ${seed}`;
    return { episode, title };
  } finally {
    dispose();
    learning.dispose();
  }
}

async function bundleOf(view: EpisodeView, episode: Episode, caption?: string): Promise<MimeBundle> {
  const summary = summaryOf(view, episode);
  const png = (await encodePng(scenePicture(episode.scene, middleCells(episode)))).toBase64();
  const output: RelayOutput = {
    kind: "replay",
    episode: view,
    ...(caption !== undefined && { caption }),
  };
  const still = html`
    <div>
      <p>${view.title}. ${summary}.</p>
      <img alt="The board halfway through the episode" src="data:image/png;base64,${png}"
        style="max-width:100%">
      <p>Trust this notebook to play the episode.</p>
    </div>
  `;
  const below = caption === undefined ? "" : html`<p>${caption}</p>`;
  const script = `(() => {
const element = document.currentScript.previousElementSibling;
${REPLAY_PLAYER}
relayPlayReplay(element, ${scriptJson(view)});
})();`;
  return {
    [RELAY_MIME]: output,
    "text/html": `${still}<script>${script}</script>${below}`,
    "image/png": png,
    "text/plain": [`${view.title}: ${summary}`, ...(caption === undefined ? [] : [caption])].join("\n"),
  };
}

function middleCells({ cells, steps }: Episode): Int32Array {
  const entities = cells.length / (steps + 1);
  const middle = Math.floor(steps / 2);
  return cells.subarray(middle * entities, (middle + 1) * entities);
}

function summaryOf(view: EpisodeView, episode: Episode): string {
  const how = {
    terminated: "the game ended it",
    truncated: "ended by the time limit",
    cut: "cut off here",
  };
  return `${whole(view.steps)} joint steps (${how[view.end]}), ${returnsOf(view, episode)}`;
}

/** Undiscounted; by team where more than one is played. */
function returnsOf({ agents, teamReturn }: EpisodeView, { rewards }: Episode): string {
  const teams = teamsOf(agents);
  if (teams.length === 1) return `team return ${fixed(teamReturn, 1)}`;
  const teamOf = agents.map(teamOfAgent);
  const returnOf = (team: string) =>
    rewards.reduce((sum, reward, k) => teamOf[k % agents.length] === team ? sum + reward : sum, 0);
  return `return: ${teams.map((team) => `${team} ${fixed(returnOf(team), 1)}`).join(", ")}`;
}
