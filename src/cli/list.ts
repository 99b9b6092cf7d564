/** `deno task list`: what there is to run. */
import type { Experiment } from "experiments/experiment.ts";
import { EXPERIMENTS } from "experiments/registry.ts";
import { type Command, printLine, runCommand } from "relay/cli/command.ts";
import { envIds } from "relay/env/registry.ts";
import { SHARE } from "relay/share/share_config.ts";

const HELP = `
Lists experiments with their presets and arms, environments and ways of sharing. Before each arm stand the presets that run it unless --arms
says otherwise.

Usage: deno task list

Examples:
  deno task list
`;

const command: Command = { help: HELP, run };

function run(): Promise<number> {
  for (const experiment of Object.values(EXPERIMENTS)) {
    const { name, title, presets, arms } = experiment;
    printLine(`experiment ${name}: ${title}`);
    printLine(`  presets  ${Object.keys(presets).join(", ")}`);
    const width = Math.max(...arms.map((arm) => arm.name.length));
    for (const arm of arms) {
      const runBy = defaultPresets(experiment, arm.name);
      printLine(`  arm      ${arm.name.padEnd(width)}  ${runBy}  ${arm.description}`);
    }
  }
  printLine(`environments: ${envIds().join(", ")}`);
  printLine(`ways of sharing (--set share.kind=…): ${Object.keys(SHARE).join(", ")}`);
  return Promise.resolve(0);
}

/** The names of the presets that run the arm by default, each in its column; dots for the others. */
function defaultPresets({ presets, defaultArms }: Experiment, arm: string): string {
  return Object.keys(presets).map((preset) => {
    const runs = defaultArms?.[preset]?.includes(arm) ?? true;
    return runs ? preset : ".".padEnd(preset.length);
  }).join(" ");
}

if (import.meta.main) await runCommand(command);
