/**
 * How fast environments and generators run, one core.
 * Run with `deno run test/bench/env.ts`; prints one JSON object a line.
 * @module
 */
import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { makeEnv } from "relay/env/registry.ts";
import { Pcg64 } from "relay/rng/pcg64.ts";
import { openStream } from "relay/rng/stream.ts";

/** A measured speed. */
export interface EnvMeasurement {
  readonly bench: "env";
  readonly case: string;
  readonly unit: string;
  readonly value: number;
}

const MEASURED_MS = 1000;
const WARM_UP_MS = 300;
const ACTION_SETS = 64;

/** Units of work a second; `work` returns how many units it did. */
function measure(work: () => number): number {
  const run = (durationMs: number): number => {
    const start = performance.now();
    let units = 0;
    let elapsedMs = 0;
    while (elapsedMs < durationMs) {
      units += work();
      elapsedMs = performance.now() - start;
    }
    return units / elapsedMs * 1000;
  };
  run(WARM_UP_MS);
  return Math.round(run(MEASURED_MS));
}

/** Steps of all copies together, observations included, with random actions drawn beforehand. */
function measureSteps(env: ParallelEnv): number {
  const stream = openStream(1).fork("actions");
  const actionSets = Array.from(
    { length: ACTION_SETS },
    () => Int32Array.from({ length: env.E * env.N }, () => stream.below(env.A)),
  );
  const rounds = Math.max(1, Math.ceil(1024 / (env.E * ACTION_SETS)));
  return measure(() => {
    for (let round = 0; round < rounds; round++) {
      for (const actions of actionSets) env.step(actions);
    }
    return rounds * ACTION_SETS * env.E;
  });
}

function measureDraws(draw: () => number): number {
  let kept = 0;
  const perSecond = measure(() => {
    for (let i = 0; i < 100_000; i++) kept ^= draw();
    return 100_000;
  });
  // Using the result keeps the draws from being optimised away.
  return kept === 0.5 ? NaN : perSecond;
}

/** Yields each measurement as soon as it is made; about 8 seconds in all. */
export async function* benchEnv(): AsyncGenerator<EnvMeasurement> {
  const result = (name: string, unit: string, value: number) =>
    ({ bench: "env", case: name, unit, value }) as const;
  for (const copies of [1, 64]) {
    const env = makeEnv("sisl/pursuit_v4", { shared_reward: false }, copies);
    yield result(`sisl/pursuit_v4 E=${copies}`, "env steps/s", measureSteps(env));
    await Promise.resolve();
  }
  const pcg64 = new Pcg64(1);
  yield result("Pcg64.next32", "draws/s", measureDraws(() => pcg64.next32()));
  yield result("Pcg64.integers(0, 5)", "draws/s", measureDraws(() => pcg64.integers(0, 5)));
  yield result("Pcg64.random", "draws/s", measureDraws(() => pcg64.random()));
  const stream = openStream(1);
  yield result("Stream.u32", "draws/s", measureDraws(() => stream.u32()));
}

if (import.meta.main) {
  // deno-lint-ignore no-console -- a bench run as a program prints its rows
  for await (const measurement of benchEnv()) console.log(JSON.stringify(measurement));
}
