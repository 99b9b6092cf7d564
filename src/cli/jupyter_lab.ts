/**
 * Finds JupyterLab, or makes a private one inside the project.
 * @module
 */
import { printLine } from "relay/cli/command.ts";
import { ConfigError } from "relay/train/config.ts";

/** What is installed where there is none; known to work with the kernel and its outputs. */
export const JUPYTERLAB_VERSION = "4.6.6";
const OLDEST_JUPYTERLAB = 4;
const OLDEST_PYTHON = [3, 10] as const;
const IS_WINDOWS = Deno.build.os === "windows";

/** A command and its first arguments. */
export type CommandLine = readonly [string, ...string[]];

/** The JupyterLab that is there: on the PATH, a module of Python's, or the private one of an earlier time. */
export async function findJupyterLab(jupyterDir: string): Promise<CommandLine | undefined> {
  const candidates: CommandLine[] = [
    ["jupyter-lab"],
    ...pythonNames().map((python) => [python, "-m", "jupyterlab"] as const),
    [privatePath(jupyterDir, "jupyter-lab")],
  ];
  for (const candidate of candidates) {
    const version = await output([...candidate, "--version"]);
    if (version !== undefined && Number.parseInt(version) >= OLDEST_JUPYTERLAB) return candidate;
  }
  return undefined;
}

/**
 * Makes a private JupyterLab in `<jupyterDir>/venv`, after saying so.
 * @throws {ConfigError} in words for the user, when there is no suitable Python or the packages do not arrive
 */
export async function makeJupyterLab(jupyterDir: string): Promise<CommandLine> {
  const venv = `${jupyterDir}/venv`;
  const python = await findPython();
  printLine(`JupyterLab is not installed. Making a private one, which changes nothing else on this machine:
  where   ${venv}
  what    jupyterlab==${JUPYTERLAB_VERSION} and what it needs, from PyPI (about 60 MB to fetch, 240 MB on disk)
  undo    delete the folder ${jupyterDir}`);
  const made = await tryRun([python, "-m", "venv", venv]);
  if (made !== 0) throw new ConfigError(noVenvMessage(venv));
  const pip: CommandLine = [privatePath(jupyterDir, "python"), "-m", "pip"];
  const installed = await tryRun([
    ...pip,
    "install",
    "--quiet",
    "--no-cache-dir",
    "--disable-pip-version-check",
    `jupyterlab==${JUPYTERLAB_VERSION}`,
  ]);
  if (installed === 0) return [privatePath(jupyterDir, "jupyter-lab")];
  throw new ConfigError(
    `Cannot make a private JupyterLab: pip ended with exit code ${installed}, see above. With a connection to pypi.org, run ` +
      `deno task lab again; or install JupyterLab ${OLDEST_JUPYTERLAB} or newer yourself, so that jupyter-lab is on the PATH`,
  );
}

/** @returns the first Python that is new enough */
async function findPython(): Promise<string> {
  const seen: string[] = [];
  for (const python of pythonNames()) {
    const version = await output([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]);
    if (version === undefined) continue;
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major === OLDEST_PYTHON[0] && minor >= OLDEST_PYTHON[1]) return python;
    seen.push(`${python} is ${version}`);
  }
  throw new ConfigError(
    `Cannot make a private JupyterLab: ${
      seen.length > 0 ? seen.join(", ") : "there is no Python on the PATH"
    }, expected ` +
      `Python ${
        OLDEST_PYTHON.join(".")
      } or newer. Get it from https://www.python.org/downloads/ or your system's packages; ` +
      "without Python, deno task report runs notebooks and exports them as pages",
  );
}

function noVenvMessage(venv: string): string {
  return `Cannot make a Python environment in ${venv}: python3 -m venv failed, see above. On Debian and Ubuntu it needs a package of ` +
    "its own: sudo apt install python3-venv; then run deno task lab again";
}

function pythonNames(): string[] {
  return IS_WINDOWS ? ["python", "py"] : ["python3", "python"];
}

function privatePath(jupyterDir: string, program: string): string {
  return IS_WINDOWS ? `${jupyterDir}/venv/Scripts/${program}.exe` : `${jupyterDir}/venv/bin/${program}`;
}

/** What a command prints, without the line end; nothing when there is no such command or it fails. */
async function output([program, ...args]: CommandLine): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(program, { args, stdin: "null", stderr: "null" })
      .output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) {
      return undefined;
    }
    throw error;
  }
}

/** Runs a command whose own words the user sees. */
async function tryRun([program, ...args]: CommandLine): Promise<number> {
  return (await new Deno.Command(program, { args, stdin: "null" }).spawn().status).code;
}
