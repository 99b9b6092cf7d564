import type { EpisodeView } from "relay/notebook/relay_output.ts";
import type { Episode } from "relay/train/record_episode.ts";

/** Stands for an entity that is gone. */
const GONE = 0xffff;
/**
 * Numbers that a Q-value or a probability is rounded to: finer than a reader sees, as Q-values of one step lie close together within an episode's range,
 * and small enough for an episode to come twice in a notebook's output.
 */
const Q_STEPS = 0xfff;

/**
 * An episode as the player takes it; Q-values, or the policy's probabilities where it has none, are rounded to 1/4095 of their range, rewards
 * to float32.
 * @throws {RangeError} for a board of more cells than two bytes number
 */
export async function episodeView(episode: Episode, title: string): Promise<EpisodeView> {
  const { scene, description, steps, seed, end } = episode;
  const numbers = episode.q ?? episode.probabilities;
  const { width, height, yAxis, groups, sight } = scene;
  if (width * height >= GONE) {
    throw new RangeError(
      `Cannot show a board of ${width} × ${height}: expected fewer than ${GONE.toLocaleString("en")} cells`,
    );
  }
  if (description.actions.length > 256) {
    throw new RangeError(`Cannot show ${description.actions.length} actions: expected at most 256`);
  }
  const qRange = numbers && rangeOf(numbers);
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
    ...(!episode.q && episode.probabilities && { numbers: "probabilities" as const }),
    packed: {
      walls: await pack(scene.walls),
      cellChanges: await pack(changesOf(episode)),
      actions: await pack(Uint8Array.from(episode.actions)),
      rewards: await pack(Float32Array.from(episode.rewards)),
      ...(numbers && qRange && { q12: await pack(quantized(numbers, qRange)) }),
    },
  };
}

/** Undiscounted reward sum over steps and agents. */
function teamReturnOf({ rewards }: Episode): number {
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

/** Most entities stand still or go to a next cell: differences compress better than cells. */
function changesOf({ cells, steps }: Episode): Uint16Array {
  const entities = cells.length / (steps + 1);
  const numbers = Uint16Array.from(cells, (cell) => cell < 0 ? GONE : cell);
  return numbers.map((cell, at) => at < entities ? cell : cell - numbers[at - entities]!);
}

/** Low bytes of all numbers, then high bytes of all, which compress better apart. */
function quantized(values: Float32Array, [low, high]: readonly [number, number]): Uint8Array {
  const scale = high > low ? Q_STEPS / (high - low) : 0;
  const bytes = new Uint8Array(2 * values.length);
  for (const [k, value] of values.entries()) {
    const number = Math.round((value - low) * scale);
    bytes[k] = number & 0xff;
    bytes[values.length + k] = number >> 8;
  }
  return bytes;
}

/** Typed arrays lie in memory as they are packed: every machine that runs this is little-endian. */
async function pack({ buffer, byteOffset, byteLength }: ArrayBufferView): Promise<string> {
  const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return (await new Response(stream).bytes()).toBase64();
}
