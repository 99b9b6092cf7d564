/**
 * What is compared with whom.
 * @module
 */
import type { QNetworkSpec } from "relay/tensor/q_network_plan.ts";
import type { Pace } from "./pairing.ts";

/** Parts of the bench. */
export type BenchName = "env" | "learner" | "end_to_end";

/** A script of test/bench/peers, and which of its variants. */
export interface Peer {
  readonly script: string;
  readonly variant: string;
}

/** One line of ours, and the peers that do the same work. */
export interface Comparison {
  readonly bench: BenchName;
  /** Known to ours and peers by this name. */
  readonly case: string;
  /** In the table, where the case alone does not say it. */
  readonly label?: string;
  readonly work: string;
  readonly unit: "ms" | "µs" | "env steps/s" | "draws/s";
  /** Steps or draws in one unit of work; 1 for durations. */
  readonly perWork: { readonly ours: number; readonly peers: number };
  /** Of ours and of peers. */
  readonly threads: readonly number[];
  readonly peers: readonly Peer[];
  readonly pace: Pace;
  /** Further words of the request. */
  readonly details: Readonly<Record<string, string | number>>;
}

/** Agents of Pursuit, each with a network of its own. */
export const AGENTS = 8;
/** Joint steps between two updates. */
export const FRAGMENT_STEPS = 4;
/** Draws that one unit of work "draw" makes. */
export const DRAWS = 1000;

const PURSUIT = { obsShape: [7, 7, 3], actions: 5 } as const;
const plain = (hidden: number[]): QNetworkSpec => ({
  kind: "fc",
  hidden,
  headHidden: null,
  dueling: false,
  ...PURSUIT,
});

const PAPER_FC = "fc 147-64-64, dueling heads 256";
const PAPER_CONV = "conv, dueling heads 256";

/** The networks by the names that peers know too. */
export const NETWORKS: Readonly<Record<string, QNetworkSpec>> = {
  "fc 147-64-64-5": plain([64, 64]),
  "fc 147-512-512-5": plain([512, 512]),
  [PAPER_FC]: { kind: "fc", hidden: [64, 64], headHidden: 256, dueling: true, ...PURSUIT },
  [PAPER_CONV]: { kind: "conv", dueling: true, ...PURSUIT },
};

/** Presets of the paper's experiment by their network. */
export const PRESET_OF: Readonly<Record<string, "fc" | "paper">> = {
  [PAPER_FC]: "fc",
  [PAPER_CONV]: "paper",
};

const torch: Peer[] = ["loop", "stacked"].map((variant) => ({ script: "torch_learner", variant }));
const jax = (variants: string[]): Peer[] => variants.map((variant) => ({ script: "jax_learner", variant }));

/** The comparisons of a part, in the order of the table. */
export function comparisons(bench: BenchName): Comparison[] {
  return { env: envComparisons, learner: learnerComparisons, end_to_end: endToEndComparisons }[bench]();
}

/** Environments that are stepped; a map's size of 0 where the environment has none. */
const ENVS = [
  { env: "sisl/pursuit_v4", mapSize: 0, peer: "pettingzoo_env" },
  { env: "magent/battle_v4", mapSize: 18, peer: "magent_env" },
  { env: "magent/battle_v4", mapSize: 45, peer: "magent_env" },
  { env: "magent/adversarial_pursuit_v4", mapSize: 18, peer: "magent_env" },
  { env: "magent/adversarial_pursuit_v4", mapSize: 45, peer: "magent_env" },
] as const;

function envComparisons(): Comparison[] {
  const common = { bench: "env", threads: [1], pace: { rounds: 6, sliceMs: 300 } } as const;
  const steps = ENVS.flatMap(({ env, mapSize, peer }) =>
    [1, 64].map((copies): Comparison => ({
      ...common,
      case: `${env}${mapSize ? `, map ${mapSize}` : ""}, E = ${copies}`,
      work: "step",
      unit: "env steps/s",
      perWork: { ours: copies, peers: 1 },
      peers: [{ script: peer, variant: "parallel API" }],
      details: { env, mapSize, copies },
    }))
  );
  const draws = ["Pcg64.next32", "Pcg64.integers(0, 5)", "Pcg64.random", "Stream.u32"].map((
    generator,
  ): Comparison => ({
    ...common,
    case: generator,
    work: "draw",
    unit: "draws/s",
    perWork: { ours: DRAWS, peers: DRAWS },
    peers: [],
    details: {},
  }));
  return [...steps, ...draws];
}

function learnerComparisons(): Comparison[] {
  const common = { bench: "learner", threads: [1, 2], perWork: { ours: 1, peers: 1 }, details: {} } as const;
  return Object.entries(NETWORKS).flatMap(([name, spec]): Comparison[] => {
    const peers = [...torch, ...jax(spec.kind === "conv" ? ["jit(vmap)", "im2col"] : ["jit(vmap)"])];
    return [
      { ...common, case: name, work: "update", unit: "ms", peers, pace: { rounds: 8, sliceMs: 60 } },
      {
        ...common,
        threads: [1],
        case: name,
        work: "act",
        unit: "µs",
        peers,
        pace: { rounds: 6, sliceMs: 20 },
      },
    ];
  });
}

function endToEndComparisons(): Comparison[] {
  const cases = [[PAPER_FC, ["quantile", "none"]], [PAPER_CONV, ["quantile"]]] as const;
  return cases.flatMap(([name, shares]) =>
    shares.map((share): Comparison => ({
      bench: "end_to_end",
      case: name,
      label: `${name}, sharing ${share}`,
      work: "train",
      unit: "env steps/s",
      perWork: { ours: FRAGMENT_STEPS, peers: FRAGMENT_STEPS },
      threads: [1, 2],
      peers: share === "none" ? [] : [
        { script: "torch_end_to_end", variant: "loop, no sharing" },
        { script: "rllib_end_to_end", variant: "DQN, no sharing" },
      ],
      pace: { rounds: 4, sliceMs: 1000 },
      // Replay must hold a batch; the paper's 1000 steps without learning would only make the bench longer.
      details: { learningStarts: 200, share },
    }))
  );
}
