/** `deno task bench`: what this machine does with Relay, as a table or as one JSON object a line. */
import type { Args } from "@std/cli/parse-args";
import { choiceFlag, printLine, runCommand } from "relay/cli/command.ts";
import { benchEndToEnd, type Measured } from "./end_to_end.ts";
import { benchEnv } from "./env.ts";
import { benchLearner } from "./learner.ts";

const HELP = `
Measures this machine. Every figure is the best of several short runs on one core, after a warm-up.

Usage: deno task bench [env] [learner] [end_to_end] [--json]

  env          joint environment steps a second of Pursuit, random numbers a second
  learner      milliseconds of one double-DQN update of 8 agents, microseconds of acting
  end_to_end   joint environment steps a second of whole training
  --json       one JSON object a line: {"bench":…,"case":…,"unit":…,"value":…}

Without a name all three run, in about two minutes.

Examples:
  deno task bench env
  deno task bench learner --json
`;

const BENCHES: Readonly<Record<string, () => AsyncGenerator<Measured>>> = {
  env: benchEnv,
  learner: benchLearner,
  end_to_end: benchEndToEnd,
};

async function run(args: Args): Promise<number> {
  const names = args._.length > 0 ? args._ : Object.keys(BENCHES);
  const benches = names.map((name) => choiceFlag("bench", name, BENCHES));
  for (const bench of benches) {
    for await (const measured of bench()) {
      printLine(args.json ? JSON.stringify(measured) : tableLine(measured));
    }
  }
  return 0;
}

function tableLine({ bench, case: name, unit, value }: Measured): string {
  const digits = value >= 100 ? 0 : 2;
  return `${bench.padEnd(11)} ${name.padEnd(44)} ${value.toFixed(digits).padStart(12)} ${unit}`;
}

await runCommand({ help: HELP, boolean: ["json"], run });
