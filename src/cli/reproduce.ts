/** `deno task reproduce`: every arm and seed of an experiment, then its notebook's page over the finished runs. */
import type { Args } from "@std/cli/parse-args";
import { type Command, printLine, runCommand } from "relay/cli/command.ts";
import { onInterrupt } from "relay/cli/interrupt.ts";
import {
  REPRODUCE_FLAGS,
  REPRODUCE_HELP,
  reproduceCommand,
  type ReproducePlan,
  reproducePlan,
} from "relay/cli/reproduce_plan.ts";
import { makeReport } from "relay/cli/make_report.ts";

const command: Command = { help: REPRODUCE_HELP, string: REPRODUCE_FLAGS, run };

/** All that training may do; an engine that calls a library may do everything, so that permission is given only to it. */
const TRAINING_PERMISSIONS = [
  "--allow-read",
  "--allow-write",
  "--allow-env",
  "--allow-sys",
  "--allow-run=git",
];

async function run(args: Args): Promise<number> {
  const plan = reproducePlan(args);
  const code = await train(plan);
  return code === 0 ? await report(plan) : code;
}

/** Trains in a process with fewer permissions than this one, which shares its terminal; returns its exit code. */
async function train({ wantsBlas }: ReproducePlan): Promise<number> {
  const module = new URL("./train_all.ts", import.meta.url).href;
  const permissions = [...TRAINING_PERMISSIONS, ...(wantsBlas ? ["--allow-ffi"] : [])];
  const trainer = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...permissions, module, ...Deno.args],
    stdin: "piped",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  // Ctrl-C reaches the trainer from the terminal; a signal to this process alone has to be handed on.
  const handOn = () => trainer.kill("SIGINT");
  Deno.addSignalListener("SIGINT", handOn);
  const { code } = await trainer.status;
  Deno.removeSignalListener("SIGINT", handOn);
  return code;
}

/** Runs the experiment's notebook over the finished runs. */
async function report(plan: ReproducePlan): Promise<number> {
  const { name, notebook, comparison, seeds, runsDir, reportsDir } = plan;
  const { preset, arms } = comparison;
  printLine("Running the notebook and exporting its page …");
  const stop = new AbortController();
  const endOfInterrupts = onInterrupt(() => stop.abort("Ctrl-C"));
  const { pages, failure, failedCell } = await makeReport({
    notebookPath: new URL(`../../notebooks/${notebook.name}.ipynb`, import.meta.url).pathname,
    parameters: {
      ...notebook.parameters,
      preset,
      seeds,
      arms: arms.map((arm) => arm.name).join(","),
      runsDir: Deno.realPathSync(runsDir),
    },
    outDir: reportsDir,
    name: `${name}_${preset}`,
    command: reproduceCommand(),
    signal: stop.signal,
  });
  endOfInterrupts();
  printLine(failure ? `The notebook did not run to its end: ${failure}` : `The page: ${pages.html}`);
  if (failure) printLine(`As far as it came: ${pages.html}`);
  return !failedCell ? 0 : failedCell.kind === "stopped" ? 130 : 1;
}

if (import.meta.main) await runCommand(command);
