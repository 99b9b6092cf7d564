/**
 * Our side of each comparison: makes what a unit of work needs, once.
 * @module
 */
import { PRESETS } from "experiments/super_pursuit.ts";
import { type EnvOptions, makeEnv } from "relay/env/registry.ts";
import { Pcg64 } from "relay/rng/pcg64.ts";
import { openStream } from "relay/rng/stream.ts";
import { SHARE } from "relay/share/share_config.ts";
import { parseConfig } from "relay/train/config.ts";
import { Session } from "relay/train/session.ts";
import { DRAWS, NETWORKS, PRESET_OF } from "./cases.ts";
import { type EngineChoice, startEngine } from "./engine.ts";
import { newLearner } from "./learner.ts";
import { gemmWork } from "./gemm_peak.ts";
import type { WorkRequest } from "./program.ts";

/** Something to be timed. */
export interface Work {
  /** One unit. */
  readonly work: () => void;
  /** Of one network; 0 where there is none. */
  readonly parameters: number;
}

const ACTION_SETS = 64;

/** @throws {RangeError} for work that we do not know */
export async function prepareWork(request: WorkRequest, engine: EngineChoice): Promise<Work> {
  if (request.work === "step") return stepWork(request);
  if (request.work === "draw") return drawWork(String(request.case));
  await startEngine(engine);
  if (request.work === "train") return await trainWork(request);
  if (request.work === "gemm") return { work: gemmWork(Number(request.size)), parameters: 0 };
  const spec = NETWORKS[String(request.case)];
  if (!spec || (request.work !== "update" && request.work !== "act")) {
    throw new RangeError(
      `Cannot do ${JSON.stringify(request)}: expected step, draw, update, act, train, gemm`,
    );
  }
  const learner = newLearner(spec);
  return { work: learner[request.work], parameters: learner.parameters };
}

const ENV_OPTIONS: Readonly<Record<string, EnvOptions>> = {
  "sisl/pursuit_v4": { shared_reward: false },
  // The peer's prey draws among its own actions, not among those that padding adds.
  "magent/adversarial_pursuit_v4": { paddedActions: "masked" },
};

/** A step of all copies, observations included, with random legal actions drawn beforehand. */
function stepWork({ env: id, mapSize, copies }: WorkRequest): Work {
  const options = { ...ENV_OPTIONS[String(id)], ...(mapSize !== 0 && { map_size: mapSize }) };
  const env = makeEnv(String(id), options, Number(copies));
  const stream = openStream(1).fork("actions");
  const legal = Array.from({ length: env.E * env.N }, (_, i) => {
    const all = Array.from({ length: env.A }, (_, action) => action);
    return all.filter((action) => env.actionMask?.[i * env.A + action] !== 0);
  });
  const actionSets = Array.from(
    { length: ACTION_SETS },
    () => Int32Array.from(legal, (actions) => actions[stream.below(actions.length)]!),
  );
  let step = 0;
  return { work: () => void env.step(actionSets[step++ % ACTION_SETS]!), parameters: 0 };
}

function drawWork(generator: string): Work {
  const pcg64 = new Pcg64(1);
  const stream = openStream(1);
  const draws: Readonly<Record<string, () => number>> = {
    "Pcg64.next32": () => pcg64.next32(),
    "Pcg64.integers(0, 5)": () => pcg64.integers(0, 5),
    "Pcg64.random": () => pcg64.random(),
    "Stream.u32": () => stream.u32(),
  };
  const draw = draws[generator];
  if (!draw) throw new RangeError(`Cannot draw from ${generator}: expected ${Object.keys(draws).join(", ")}`);
  let kept = 0; // using the result keeps the draws from being optimised away
  const work = () => {
    for (let k = 0; k < DRAWS; k++) kept += draw();
    if (kept === 0.1) throw new Error("unreachable");
  };
  return { work, parameters: 0 };
}

/** A fragment of acting, environment, sharing and replay, then an update. */
async function trainWork(request: WorkRequest): Promise<Work> {
  const preset = PRESETS[PRESET_OF[String(request.case)]!];
  const share = SHARE[String(request.share) as keyof typeof SHARE];
  const learningStartsEnvSteps = Number(request.learningStarts);
  const session = await Session.start(parseConfig({ ...preset, share, learningStartsEnvSteps, seed: 1 }));
  while (session.envSteps <= learningStartsEnvSteps) session.iterate();
  const work = () => {
    session.iterate();
    session.team.log.takeRecords(); // as a run does, which writes them to a file
  };
  return { work, parameters: session.team.online.parametersPerNetwork };
}
