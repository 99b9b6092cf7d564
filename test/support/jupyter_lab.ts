/**
 * JupyterLab with headless Chromium; everything that it writes is in a folder of its own.
 * @module
 */
import type { Browser } from "playwright-core";
import { hasChromium, launchChromium } from "./chromium.ts";
import { LabNotebook } from "./lab_notebook.ts";

export { LabNotebook, type ShownOutput } from "./lab_notebook.ts";

const START_MS = 60_000;

/** One output of a cell, as it stands in the saved file. */
export interface SavedOutput {
  readonly output_type: string;
  readonly name?: string;
  readonly text?: string | string[];
  readonly data?: Record<string, unknown>;
  readonly ename?: string;
  readonly evalue?: string;
  readonly traceback?: string[];
}

/** Where JupyterLab is: `RELAY_JUPYTER`, the venv of our test machines, or the PATH. */
export function jupyterLabPath(): string | undefined {
  const onPath = (Deno.env.get("PATH") ?? "").split(":").map((folder) => `${folder}/jupyter-lab`);
  return [Deno.env.get("RELAY_JUPYTER") ?? "", "/tmp/jl/bin/jupyter-lab", ...onPath].find(isFile);
}

/** Whether the tests with JupyterLab can run here. */
export function hasJupyterLab(): boolean {
  return jupyterLabPath() !== undefined && hasChromium();
}

/** A server with a browser; everything that it writes is in a folder of its own. */
export class JupyterLab {
  readonly url: string;
  readonly token: string;
  readonly folder: string;
  readonly browser: Browser;
  readonly process: Deno.ChildProcess;

  private constructor(server: RunningServer, browser: Browser) {
    this.url = server.url;
    this.token = server.token;
    this.folder = server.folder;
    this.process = server.process;
    this.browser = browser;
  }

  /**
   * @param options `rootDir` is the folder that JupyterLab shows, `kernelSpec` the content of `kernel.json` of the kernel named `deno`
   */
  static async start(
    options: { readonly rootDir: string; readonly kernelSpec: Readonly<Record<string, unknown>> },
  ) {
    const server = await startServer(options);
    return new JupyterLab(server, await launchChromium());
  }

  /**
   * Opens a notebook of the root folder in a new page.
   * @param options `waitForKernel` unless only the saved outputs are looked at
   */
  async open(path: string, options: { readonly waitForKernel?: boolean } = {}): Promise<LabNotebook> {
    const page = await this.browser.newPage({ viewport: { width: 1280, height: 1600 } });
    const notebook = await LabNotebook.open(page, `${this.url}/lab/tree/${path}?reset&token=${this.token}`);
    if (options.waitForKernel !== false) await notebook.waitForKernel();
    return notebook;
  }

  async close(): Promise<void> {
    await this.browser.close();
    await endServer(this.process);
    await Deno.remove(this.folder, { recursive: true }).catch(() => {});
  }
}

/** Outputs in a saved notebook, a list a cell. */
export async function savedOutputs(path: string): Promise<SavedOutput[][]> {
  const { cells } = JSON.parse(await Deno.readTextFile(path)) as { cells: { outputs?: SavedOutput[] }[] };
  return cells.map(({ outputs }) => outputs ?? []);
}

/** A notebook of code cells for the Deno kernel, as JSON. */
export function notebookOf(sources: readonly string[]): string {
  return JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      kernelspec: { name: "deno", display_name: "Deno", language: "typescript" },
      language_info: { name: "typescript", file_extension: ".ts", mimetype: "text/x.typescript" },
    },
    cells: sources.map((source, i) => ({
      cell_type: "code",
      id: `cell-${i}`,
      source,
      metadata: {},
      execution_count: null,
      outputs: [],
    })),
  });
}

interface RunningServer {
  readonly url: string;
  readonly token: string;
  readonly folder: string;
  readonly process: Deno.ChildProcess;
}

async function startServer(
  { rootDir, kernelSpec }: {
    readonly rootDir: string;
    readonly kernelSpec: Readonly<Record<string, unknown>>;
  },
): Promise<RunningServer> {
  const folder = await Deno.makeTempDir({ prefix: "relay_jupyter_" });
  await writeFiles(folder, {
    "data/kernels/deno/kernel.json": kernelSpec,
    // Cells out of sight are in the page too, and nothing asks for attention.
    "settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {
      windowingMode: "none",
      maxNumberOutputs: 1000,
    },
    "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings": {
      fetchNews: "false",
      checkForUpdates: false,
    },
  });
  const token = crypto.randomUUID();
  const port = freePort();
  const process = new Deno.Command("/usr/bin/env", {
    args: [
      "--default-signal=INT", // else the kernel inherits "ignored" from a test in the background
      jupyterLabPath()!,
      "--no-browser",
      "--allow-root",
      "--expose-app-in-browser",
      "--ServerApp.ip=127.0.0.1",
      `--ServerApp.port=${port}`,
      "--ServerApp.port_retries=0",
      `--IdentityProvider.token=${token}`,
      `--ServerApp.root_dir=${rootDir}`,
    ],
    env: jupyterDirs(folder),
    stdin: "null",
    stdout: "null",
    stderr: Deno.env.get("RELAY_JUPYTER_LOG") ? "inherit" : "null",
  }).spawn();
  const url = `http://127.0.0.1:${port}`;
  await waitForServer(`${url}/api?token=${token}`);
  return { url, token, folder, process };
}

function jupyterDirs(folder: string): Record<string, string> {
  return {
    JUPYTER_CONFIG_DIR: `${folder}/config`,
    JUPYTER_DATA_DIR: `${folder}/data`,
    JUPYTER_RUNTIME_DIR: `${folder}/runtime`,
    JUPYTERLAB_SETTINGS_DIR: `${folder}/settings`,
    JUPYTERLAB_WORKSPACES_DIR: `${folder}/workspaces`,
    JUPYTER_PATH: `${folder}/data`,
    IPYTHONDIR: `${folder}/ipython`,
  };
}

async function writeFiles(folder: string, files: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = `${folder}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, JSON.stringify(content));
  }
}

async function waitForServer(url: string): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline) {
    const response = await fetch(url).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("Cannot start JupyterLab for a test: it does not answer after 60 s");
}

async function endServer(process: Deno.ChildProcess): Promise<void> {
  try {
    process.kill("SIGTERM");
  } catch {
    return; // it has ended before
  }
  const kill = setTimeout(() => process.kill("SIGKILL"), 10_000);
  await process.status;
  clearTimeout(kill);
}

/** A port that nobody listens on. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
