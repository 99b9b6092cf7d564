/** `deno task lab`: JupyterLab on the Deno kernel, everything of it inside the project. */
import { fileURLToPath } from "node:url";
import type { Args } from "@std/cli/parse-args";
import { type Command, integerFlag, printLine, runCommand } from "relay/cli/command.ts";
import { kernelSpec } from "relay/cli/kernel_spec.ts";
import { type CommandLine, findJupyterLab, makeJupyterLab } from "relay/cli/jupyter_lab.ts";
import { ConfigError } from "relay/train/config.ts";

const HELP = `
Opens JupyterLab in the browser at notebooks/start_here.ipynb, on the Deno kernel.

Usage: deno task lab [--port N] [--no-browser]

  --port N       listen on 127.0.0.1:N                             (default: 8888, or a free one)
  --no-browser   print the address only

Uses the JupyterLab (4 or newer) that is installed; where there is none, makes a private one in .jupyter/venv with Python's
venv and pip, after saying so. Settings, kernel and everything else that JupyterLab writes stay in .jupyter; delete that
folder to undo it. The address holds a random token; nobody without it can run code here. Ctrl-C ends JupyterLab and its
kernels. A notebook is code that you trust: its cells may do whatever you may.

Examples:
  deno task lab
  deno task lab --no-browser --port 9999
`;

const START_PAGE = "lab/tree/notebooks/start_here.ipynb";
const DEFAULT_PORT = 8888;
const START_MS = 60_000;
/** JupyterLab asks its kernels to end and gives them some seconds. */
const END_MS = 20_000;

const command: Command = { help: HELP, string: ["port"], boolean: ["no-browser"], run };

async function run(args: Args): Promise<number> {
  const port = choosePort(integerFlag(args, "port", 1));
  const root = fileURLToPath(new URL("../../", import.meta.url)).replace(/[\\/]$/, "");
  const jupyterDir = `${root}/.jupyter`;
  const jupyterLab = await findJupyterLab(jupyterDir) ?? await makeJupyterLab(jupyterDir);
  await prepare(jupyterDir, root);
  return await serve(jupyterLab, { root, jupyterDir, port, opensBrowser: !args["no-browser"] });
}

/** @throws {ConfigError} when the port that was asked for is taken */
function choosePort(asked: number | undefined): number {
  for (const port of asked === undefined ? [DEFAULT_PORT, 0] : [asked]) {
    try {
      using listener = Deno.listen({ hostname: "127.0.0.1", port });
      return listener.addr.port;
    } catch (error) {
      if (asked === undefined && error instanceof Deno.errors.AddrInUse) continue;
      throw new ConfigError(`Cannot listen on 127.0.0.1:${port}: ${(error as Error).message}`);
    }
  }
  throw new ConfigError("Cannot listen on 127.0.0.1: no port is free");
}

/** Writes the kernel's description, and what JupyterLab would otherwise ask at its first start. */
async function prepare(jupyterDir: string, root: string): Promise<void> {
  await writeJson(`${jupyterDir}/kernels/deno/kernel.json`, kernelSpec(root));
  const settings = `${jupyterDir}/settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings`;
  const isFirstStart = !await Deno.stat(settings).then(() => true, () => false);
  if (isFirstStart) await writeJson(settings, { fetchNews: "false", checkForUpdates: false });
}

interface ServeOptions {
  readonly root: string;
  readonly jupyterDir: string;
  readonly port: number;
  readonly opensBrowser: boolean;
}

/** @returns JupyterLab's exit code, 0 after Ctrl-C */
async function serve([program, ...first]: CommandLine, options: ServeOptions): Promise<number> {
  const token = crypto.randomUUID();
  const process = new Deno.Command(program, {
    args: [...first, ...serverArgs(options)],
    // The token is no argument, since other users can see those.
    env: { ...jupyterDirs(options.jupyterDir), JUPYTER_TOKEN: token },
    cwd: options.root,
    stdin: "null",
  }).spawn();
  let isEnding = false;
  const end = () => {
    if (isEnding) return;
    isEnding = true;
    printLine("\nEnding JupyterLab and its kernels …");
    kill(process, "SIGTERM");
    Deno.unrefTimer(setTimeout(() => kill(process, "SIGKILL"), END_MS));
  };
  for (const signal of endingSignals()) Deno.addSignalListener(signal, end);
  const origin = `http://127.0.0.1:${options.port}`;
  if (await isServing(`${origin}/api?token=${token}`, process)) {
    printLine(`JupyterLab: ${origin}/${START_PAGE}?token=${token}\nCtrl-C ends it and its kernels.`);
  }
  const { code } = await process.status;
  return isEnding ? 0 : code;
}

function serverArgs({ root, port, opensBrowser }: ServeOptions): string[] {
  return [
    ...(opensBrowser ? [] : ["--no-browser"]),
    ...(Deno.build.os !== "windows" && Deno.uid() === 0 ? ["--allow-root"] : []),
    "--ServerApp.ip=127.0.0.1",
    `--ServerApp.port=${port}`,
    "--ServerApp.port_retries=0",
    `--ServerApp.root_dir=${root}`,
    "--log-level=ERROR",
    `--LabApp.default_url=/${START_PAGE}`,
    "--MultiKernelManager.default_kernel_name=deno",
  ];
}

/** Every folder that Jupyter, and npm, which it asks for language servers, would otherwise make in the user's home. */
function jupyterDirs(jupyterDir: string): Record<string, string> {
  return {
    JUPYTER_CONFIG_DIR: `${jupyterDir}/config`,
    JUPYTER_DATA_DIR: jupyterDir,
    JUPYTER_PATH: jupyterDir,
    JUPYTER_RUNTIME_DIR: `${jupyterDir}/runtime`,
    JUPYTERLAB_SETTINGS_DIR: `${jupyterDir}/settings`,
    JUPYTERLAB_WORKSPACES_DIR: `${jupyterDir}/workspaces`,
    IPYTHONDIR: `${jupyterDir}/ipython`,
    npm_config_cache: `${jupyterDir}/npm`,
  };
}

/** @returns false when JupyterLab ended before it answered */
async function isServing(url: string, process: Deno.ChildProcess): Promise<boolean> {
  let hasEnded = false;
  process.status.then(() => hasEnded = true);
  const deadline = performance.now() + START_MS;
  while (!hasEnded && performance.now() < deadline) {
    const response = await fetch(url).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

function endingSignals(): Deno.Signal[] {
  return Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];
}

function kill(process: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    process.kill(signal);
  } catch {
    // It has ended by itself.
  }
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(path, JSON.stringify(value, null, 2) + "\n");
}

if (import.meta.main) await runCommand(command);
