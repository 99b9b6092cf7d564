/** `deno task list`: what there is to run. */
import { EXPERIMENTS } from "experiments/registry.ts";
import { type Command, printLine, runCommand } from "relay/cli/command.ts";
import { envIds } from "relay/env/registry.ts";
import { SHARE } from "relay/share/share_config.ts";

const HELP = `
Lists experiments with their presets and arms, environments and ways of sharing.

Usage: deno task list

Examples:
  deno task list
`;

const command: Command = { help: HELP, run };

function run(): Promise<number> {
  for (const { name, title, presets, arms } of Object.values(EXPERIMENTS)) {
    printLine(`experiment ${name}: ${title}`);
    printLine(`  presets  ${Object.keys(presets).join(", ")}`);
    for (const arm of arms) printLine(`  arm      ${arm.name.padEnd(12)} ${arm.description}`);
  }
  printLine(`environments: ${envIds().join(", ")}`);
  printLine(`ways of sharing (--set share.kind=…): ${Object.keys(SHARE).join(", ")}`);
  return Promise.resolve(0);
}

if (import.meta.main) await runCommand(command);
