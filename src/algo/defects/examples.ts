/**
 * The faults of spec/super.md §12 that cannot be switched on because the line does not run or does nothing: each one in miniature, with
 * what comes of it and of the right line.
 * @module
 */
import { sendProbabilities } from "relay/share/stochastic.ts";

/** A fault in miniature. Both functions are run, and say what they gave. */
export interface DefectExample {
  /** Of spec/super.md §12. */
  readonly number: number;
  readonly wrong: () => string;
  readonly right: () => string;
}

/** What an experience is. */
interface Experience {
  readonly obs: number;
  readonly action: number;
  readonly reward: number;
  readonly nextObs: number;
  readonly done: boolean;
  readonly tdError: number;
}

const SHARED: readonly Experience[] = [
  { obs: 0, action: 1, reward: -0.1, nextObs: 1, done: false, tdError: 0.5 },
  { obs: 1, action: 4, reward: 4.9, nextObs: 2, done: true, tdError: 3.5 },
];
const AGENTS = Array.from({ length: 8 }, (_, i) => `pursuer_${i}`);
const GAMMA = 0.99;

/** A memory as the report's: `append` takes six values, and says so when it gets others. */
function memory() {
  const items: unknown[][] = [];
  const append = (...fields: unknown[]) => {
    if (fields.length !== 6) throw new TypeError(`append takes 6 values, got ${fields.length}`);
    items.push(fields);
  };
  return { items, append };
}

/** The six values of an experience. */
function fieldsOf(experience: Experience): unknown[] {
  return Object.values(experience);
}

function outcome(run: () => string): string {
  try {
    return run();
  } catch (error) {
    return String(error);
  }
}

/** An error with the operations that it came from, as a tensor that still wants gradients has. */
interface Traced {
  readonly parents: readonly Traced[];
}

function trace(operations: number): Traced {
  return Array.from({ length: operations }).reduce<Traced>((parent) => ({ parents: [parent] }), {
    parents: [],
  });
}

function reachable({ parents }: Traced): number {
  return 1 + parents.reduce((sum, parent) => sum + reachable(parent), 0);
}

/** By number. */
export const EXAMPLES: readonly DefectExample[] = [
  {
    number: 7,
    wrong: () =>
      outcome(() => {
        const { append } = memory();
        append(SHARED);
        return "stored";
      }),
    right: () => {
      const { append, items } = memory();
      for (const experience of SHARED) append(...fieldsOf(experience));
      return `${items.length} experiences stored`;
    },
  },
  {
    number: 8,
    wrong: () => {
      const travelling = SHARED.map((experience) => fieldsOf(experience).slice(0, 5));
      const errors = travelling.map((fields) => Number(fields[5]));
      return `mean |δ| at the receiver: ${mean(errors)}`;
    },
    right: () => `mean |δ| at the receiver: ${mean(SHARED.map(({ tdError }) => tdError))}`,
  },
  {
    number: 12,
    wrong: () => `500 stored errors keep ${500 * reachable(trace(40))} tensors alive`,
    right: () => `500 stored errors are ${Float32Array.from({ length: 500 }, (_, t) => t).length} numbers`,
  },
  {
    number: 13,
    wrong: () => {
      const [, , reward, , done] = fieldsOf(SHARED[1]!).slice(0, 4);
      return `target of the last step: ${Number(reward) + GAMMA * (1 - Number(done)) * 7}`;
    },
    right: () => {
      const { reward, done } = SHARED[1]!;
      return `target of the last step: ${reward + GAMMA * (1 - Number(done)) * 7}`;
    },
  },
  {
    number: 14,
    wrong: () => {
      const recorded = new Map<string, number>();
      let agent = "";
      for (agent of AGENTS);
      for (let step = 0; step < 5; step++) recorded.set(agent, (recorded.get(agent) ?? 0) + 1);
      return `agents with experience: ${[...recorded.keys()].join(", ")}`;
    },
    right: () => {
      const recorded = new Map<string, number>();
      for (let step = 0; step < 5; step++) {
        for (const agent of AGENTS) recorded.set(agent, (recorded.get(agent) ?? 0) + 1);
      }
      return `agents with experience: ${recorded.size}`;
    },
  },
  {
    number: 20,
    wrong: () =>
      outcome(() => {
        const buffer: Record<string, () => string> = { get_significant_experiences_prob: () => "sent" };
        return buffer["get_significant_experiences_probability"]!();
      }),
    right: () => {
      const buffer = { stochastic: () => "sent" };
      return buffer.stochastic(); // the name is checked before anything runs
    },
  },
  {
    number: 28,
    wrong: () => `gradients computed: ${wanted({ parameters: true, data: true })}`,
    right: () => `gradients computed: ${wanted({ parameters: true, data: false })}`,
  },
  {
    number: 31,
    wrong: () =>
      outcome(() => {
        const agent: Record<string, { act: () => number }> = { online: { act: () => 4 } };
        return `action ${agent["q_network"]!.act()}`;
      }),
    right: () => {
      const agent = { online: { act: () => 4 } };
      return `action ${agent.online.act()}`;
    },
  },
  {
    number: 32,
    wrong: () => {
      const p = Math.min(1, 0.1 * SHARED.reduce((sum, { tdError }) => sum + tdError, 0) / SHARED.length);
      return `probabilities of δ = 0.5 and 3.5: ${p.toFixed(3)} and ${p.toFixed(3)}`;
    },
    right: () => {
      const errors = Float32Array.from(SHARED, ({ tdError }) => tdError);
      const [low, high] = sendProbabilities(errors, 2, 0.1);
      return `probabilities of δ = 0.5 and 3.5: ${low!.toFixed(3)} and ${high!.toFixed(3)}`;
    },
  },
];

/** Numbers whose gradient one update of a 147-64-5 network on a batch of 16 works out. */
function wanted(of: { readonly parameters: boolean; readonly data: boolean }): number {
  const [batch, O, hidden, A] = [16, 147, 64, 5];
  const parameters = (O + 1) * hidden + (hidden + 1) * A;
  const data = batch * (2 * O + 2);
  return (of.parameters ? parameters : 0) + (of.data ? data : 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
