import type { EpisodeView } from "relay/notebook/relay_output.ts";
import type { Episode } from "relay/train/record_episode.ts";

/** Stands for an entity that is gone. */
const GONE = 0xffff;
const Q_STEPS = 0xffff;

/**
 * An episode as the player takes it; Q-values are rounded to 1/65,535 of their range, rewards to float32.
 * @throws {RangeError} for a board of more cells than two bytes number
 */
export async function episodeView(episode: Episode, title: string): Promise<EpisodeView> {
  const { scene, description, steps, seed, end, q } = episode;
  const { width, height, yAxis, groups, sight } = scene;
  if (width * height >= GONE) {
    throw new RangeError(
      `Cannot show a board of ${width} × ${height}: expected fewer than ${GONE.toLocaleString("en")} cells`,
    );
  }
  if (description.actions.length > 256) {
    throw new RangeError(`Cannot show ${description.actions.length} actions: expected at most 256`);
  }
  const qRange = q && rangeOf(q);
  return {
    title,
    width,
    height,
    yAxis,
    groups: groups.map(({ name, role, count }) => ({ name, role, count })),
    agents: [...description.agents],
    actions: [...description.actions],
    sight,
    steps,
    end,
    seed,
    teamReturn: teamReturnOf(episode),
    qRange,
    packed: {
      walls: await pack(scene.walls),
      cells: await pack(Uint16Array.from(episode.cells, (cell) => cell < 0 ? GONE : cell)),
      actions: await pack(Uint8Array.from(episode.actions)),
      rewards: await pack(Float32Array.from(episode.rewards)),
      ...(q && qRange && { q: await pack(quantized(q, qRange)) }),
    },
  };
}

/** Undiscounted reward sum over steps and agents. */
export function teamReturnOf({ rewards }: Episode): number {
  return rewards.reduce((sum, reward) => sum + reward, 0);
}

function rangeOf(values: Float32Array): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

function quantized(values: Float32Array, [low, high]: readonly [number, number]): Uint16Array {
  const scale = high > low ? Q_STEPS / (high - low) : 0;
  return Uint16Array.from(values, (value) => Math.round((value - low) * scale));
}

/** Typed arrays lie in memory as they are packed: every machine that runs this is little-endian. */
async function pack({ buffer, byteOffset, byteLength }: ArrayBufferView): Promise<string> {
  const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).bytes()).toBase64();
}
