/** `deno task bench:peers`: the Python environment of the bench's peers, inside the project. */
import type { Args } from "@std/cli/parse-args";
import { printLine, runCommand } from "relay/cli/command.ts";
import { ConfigError } from "relay/train/config.ts";
import { PEERS_FOLDER, ROOT } from "./programs.ts";

const HELP = `
Makes the Python environment of the bench's peers in .peers, with PyTorch, JAX, PettingZoo, MAgent2 and, where it installs, RLlib.

Usage: deno task bench:peers

Needs Python ≥ 3.11 as python3, and a package index. The exact versions stand in test/bench/peers/requirements.txt. On
Linux, PyTorch comes from its own index of CPU builds where that can be reached, else with its GPU libraries (several GB).
Changes nothing outside .peers; delete that folder to undo it.
`;

const TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu";
const RLLIB = "ray[rllib]==2.60.0";

async function run(_: Args): Promise<number> {
  const isWindows = Deno.build.os === "windows";
  const venv = `${PEERS_FOLDER}/venv`;
  const python = isWindows ? `${venv}/Scripts/python.exe` : `${venv}/bin/python`;
  const requirements = `${ROOT}test/bench/peers/requirements.txt`;
  printLine(`Making ${venv}; delete ${PEERS_FOLDER} to undo it`);
  await Deno.remove(`${PEERS_FOLDER}/complete`).catch(() => {});
  await must([isWindows ? "python" : "python3", "-m", "venv", venv]);
  const install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  const torch = (await Deno.readTextFile(requirements)).match(/^torch==.*$/m)![0];
  if (
    Deno.build.os === "linux" &&
    await exitCode([...install, "--retries=0", "--index-url", TORCH_CPU_INDEX, torch]) !== 0
  ) {
    printLine("PyTorch's CPU index cannot be reached: PyTorch comes with its GPU libraries, several GB");
  }
  await must([...install, "--requirement", requirements]);
  if (await exitCode([...install, RLLIB]) !== 0) {
    printLine(`${RLLIB} does not install here, so the bench leaves RLlib out`);
  }
  await Deno.writeTextFile(`${PEERS_FOLDER}/complete`, "");
  printLine("deno task bench now measures the peers too");
  return 0;
}

async function must(command: readonly string[]): Promise<void> {
  const code = await exitCode(command);
  if (code !== 0) {
    throw new ConfigError(
      `Cannot make the peers' environment: ${command.join(" ")} ended with ${code}, see above`,
    );
  }
}

/** Runs a command whose own words the user sees; 127 where there is no such program. */
async function exitCode([program, ...args]: readonly string[]): Promise<number> {
  try {
    return (await new Deno.Command(program!, { args, stdin: "null" }).spawn().status).code;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 127;
    throw error;
  }
}

await runCommand({ help: HELP, run });
