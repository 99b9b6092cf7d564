/** `deno task bench`: what this machine does with Relay and with what people would use instead. */
import type { Args } from "@std/cli/parse-args";
import { choiceFlag, printLine, runCommand } from "relay/cli/command.ts";
import { ConfigError } from "relay/train/config.ts";
import { type BenchName, comparisons } from "./cases.ts";
import { compare, type Row } from "./compare.ts";
import { printGpuBench } from "./gpu.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { printProfile } from "./profile.ts";
import { peersPython, Programs } from "./programs.ts";
import { short, tableOf } from "./table.ts";

const HELP = `
Measures this machine: Relay and, in turn with it, what people would use instead.

Usage: deno task bench [env] [learner] [end_to_end] [--no-peers] [--peers] [--engine NAME] [--json]
       deno task bench learner --profile
       deno task bench gpu [--json]

  env            joint environment steps a second of Pursuit, against PettingZoo, and of MAgent's games, against
                 MAgent2; random numbers a second
  learner        one double-DQN update of 8 agents, and acting, against PyTorch and JAX
  end_to_end     joint steps a second of whole training, against PyTorch + PettingZoo and RLlib
  gpu            whole training of many runs at once on WebGPU (not among all parts): joint steps a second for 1 to 240
                 networks, and the hours of the paper's figure; about five minutes on a GPU
  --no-peers     Relay alone
  --peers        an error, not a remark, where the peers are not there
  --engine NAME  engine of Relay's kernels: wasm, wasm-strict, blas, auto             (default: as in training)
  --profile      where the time of an update goes, kernel by kernel, and how far each is from the peak
  --json         one JSON object a line

Figures are "best / median" of several slices; sides take turns slice by slice, so that a machine whose speed drifts drifts
for all. "times as fast" compares best with best (in parentheses: the median over pairs of slices). The peers' Python
environment is made by deno task bench:peers. All parts together take about five minutes with peers, one without.
BENCH_VERBOSE=1 shows what programs write to standard error.

Examples:
  deno task bench env
  deno task bench learner --json
  deno task bench learner --profile
`;

const BENCHES: Readonly<Record<BenchName, BenchName>> = {
  env: "env",
  learner: "learner",
  end_to_end: "end_to_end",
};

const ENGINES: Readonly<Record<string, string>> = {
  auto: "auto",
  wasm: "wasm",
  "wasm-strict": "wasm-strict",
  blas: "blas",
};

async function run(args: Args): Promise<number> {
  if (args._[0] === "gpu") {
    await printGpuBench(printLine, Boolean(args.json));
    return 0;
  }
  const names = args._.length > 0 ? args._ : Object.keys(BENCHES);
  const benches = names.map((name) => choiceFlag("bench", name, BENCHES));
  const python = args["no-peers"] ? undefined : await peersPython();
  if (args.peers && python === undefined) throw new ConfigError(`Cannot measure the peers: ${NO_PEERS}`);
  const engine = args.engine === undefined ? undefined : choiceFlag("engine", String(args.engine), ENGINES);
  const machine = describeMachine();
  printLine(args.json ? JSON.stringify({ machine }) : headOf(machine));
  if (args.profile) return await profile(benches, { engine, python });
  if (python === undefined && !args["no-peers"] && !args.json) printLine(`Relay alone: ${NO_PEERS}`);
  for (const bench of benches) {
    const isVerbose = Deno.env.get("BENCH_VERBOSE") !== undefined;
    const rows = await runBench(bench, new Programs({ python, engine, isVerbose }), Boolean(args.json));
    if (!args.json) printLine(`\n${tableOf(rows)}`);
  }
  return 0;
}

const NO_PEERS = "there is no Python environment for the peers, deno task bench:peers makes it";

async function runBench(bench: BenchName, programs: Programs, isJson: boolean): Promise<Row[]> {
  const all: Row[] = [];
  try {
    for (const comparison of comparisons(bench)) {
      const rows = await compare(comparison, programs);
      if (isJson) { for (const row of rows) printLine(JSON.stringify(row)); }
      all.push(...rows);
    }
  } finally {
    await programs.close();
  }
  return all;
}

async function profile(
  benches: readonly BenchName[],
  options: { engine: string | undefined; python: string | undefined },
): Promise<number> {
  if (benches.length !== 1 || benches[0] !== "learner") {
    throw new ConfigError("Cannot profile: --profile is for one part, expected `bench learner --profile`");
  }
  await printProfile(options);
  return 0;
}

function headOf({ date, cpu, cores, os, deno, load }: Machine): string {
  return `${cpu}, ${cores} cores, ${os}; Deno ${deno}; ${date}; load before the start ${short(load)}`;
}

await runCommand({
  help: HELP,
  string: ["engine"],
  boolean: ["json", "peers", "no-peers", "profile"],
  run,
});
