// Unpacks an EpisodeView of notebook/relay_output.ts. A part of the player, see replay_scripts.ts.

/** The cell of an entity that is gone. */
const GONE = 0xffff;
/** What a Q-value's number goes up to. */
const Q_STEPS = 4095;

/** Arrays of an episode: what is where, done and rewarded. Rejects data whose arrays are not as long as it says. */
// deno-lint-ignore no-unused-vars
async function unpackEpisode({ packed, width, height, steps, groups, agents, actions, qRange }) {
  const N = agents.length;
  const entities = groups.reduce((sum, { count }) => sum + count, 0);
  const cells = await unpack(packed.cellChanges, Uint16Array, (steps + 1) * entities);
  for (let at = entities; at < cells.length; at++) cells[at] += cells[at - entities];
  const rewards = await unpack(packed.rewards, Float32Array, steps * N);
  return {
    entities,
    walls: await unpack(packed.walls, Uint8Array, width * height),
    chosenActions: await unpack(packed.actions, Uint8Array, steps * N),
    rewards,
    teamReturns: runningReturns(rewards, steps, agents),
    q: packed.q12 && qRange ? await unpackQ(packed.q12, qRange, steps * N * actions.length) : undefined,
    /** Cell of an entity at a step; GONE when it has none. */
    cellAt: (k, step) => step < 0 ? GONE : cells[Math.min(step, steps) * entities + k],
  };
}

async function unpack(base64, Values, length) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const values = new Values(length);
  const target = new Uint8Array(values.buffer);
  let at = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (at + part.value.length > target.length) throw new Error("its arrays are longer than it says");
    target.set(part.value, at);
    at += part.value.length;
  }
  if (at < target.length) throw new Error("its arrays are shorter than it says");
  return values;
}

/** Low bytes of all numbers come first, then all high bytes. */
async function unpackQ(base64, [low, high], length) {
  const bytes = await unpack(base64, Uint8Array, 2 * length);
  return Float64Array.from(
    { length },
    (_, k) => low + (high - low) * (bytes[k] + 256 * bytes[length + k]) / Q_STEPS,
  );
}

/** Return of each team, whose agents are called TEAM_NUMBER, before each step and after the last. */
function runningReturns(rewards, steps, agents) {
  const teamOf = agents.map((name) => name.replace(/_\d+$/, ""));
  return [...new Set(teamOf)].map((team) => {
    const own = [...agents.keys()].filter((i) => teamOf[i] === team);
    const sums = new Float64Array(steps + 1);
    for (let t = 0; t < steps; t++) {
      sums[t + 1] = own.reduce((sum, i) => sum + rewards[t * agents.length + i], sums[t]);
    }
    return { team, sums };
  });
}
