/**
 * JupyterLab in headless Chromium, driven as a person would: open a notebook, Run All, Stop, edit a cell, save, open again.
 * @module
 */
import type { Browser, Page } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";
const CHROMIUM_ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"];
const START_MS = 60_000;

/** One output of a cell, as it stands on the screen. */
export interface ShownOutput {
  /** MIME type of what was chosen, e.g. `text/html`. */
  readonly mime: string;
  readonly text: string;
}

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
  return jupyterLabPath() !== undefined && isFile(CHROMIUM);
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
    return new JupyterLab(server, await openBrowser());
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

/** A notebook on the screen. */
export class LabNotebook {
  readonly page: Page;

  private constructor(page: Page) {
    this.page = page;
  }

  /** Opens an address of JupyterLab's that leads to a notebook. */
  static async open(page: Page, url: string): Promise<LabNotebook> {
    await page.addInitScript("globalThis.lab = () => globalThis.jupyterapp ?? { shell: {} }");
    await page.goto(url);
    const notebook = new LabNotebook(page);
    await notebook.waitForCells();
    return notebook;
  }

  async waitForCells(): Promise<void> {
    await this.page.waitForFunction(
      () => lab().shell.currentWidget?.content?.widgets?.length,
      undefined,
      { timeout: START_MS },
    ).catch(rethrow("no cells came up"));
  }

  async waitForKernel(): Promise<void> {
    await this.page.waitForFunction(
      () => lab().shell.currentWidget?.sessionContext.session?.kernel?.status === "idle",
      undefined,
      { timeout: START_MS },
    ).catch(rethrow("the kernel did not become idle"));
  }

  /** Run → Run All Cells, not waited for. */
  async pressRunAll(): Promise<void> {
    await this.#command("notebook:run-all-cells");
  }

  /** Run All, until every cell has its answer and the last outputs are on the screen. */
  async runAll(timeoutMs = START_MS): Promise<void> {
    await this.pressRunAll();
    await this.waitUntilDone(timeoutMs);
  }

  /** Runs one cell and waits for its answer. */
  async runCell(index: number, timeoutMs = START_MS): Promise<void> {
    await this.pressRunCell(index);
    await this.waitUntilDone(timeoutMs);
  }

  /** Runs one cell, not waited for. */
  async pressRunCell(index: number): Promise<void> {
    await this.page.evaluate((i) => {
      const { content } = lab().shell.currentWidget!;
      content.deselectAll();
      content.activeCellIndex = i;
    }, index);
    await this.#command("notebook:run-cell");
  }

  /** The button with the square. */
  async pressStop(): Promise<void> {
    await this.page.locator('[data-command="notebook:interrupt-kernel"], [title^="Interrupt the kernel"]')
      .first()
      .click();
  }

  /** Waits until a text stands in a cell's outputs. */
  async waitForText(index: number, text: string): Promise<void> {
    await this.page.waitForFunction(
      ([i, expected]) =>
        lab().shell.currentWidget!.content.widgets[Number(i)]!.node.querySelector(".jp-OutputArea")
          ?.textContent
          ?.includes(String(expected)),
      [index, text] as const,
      { timeout: START_MS, polling: 20 },
    ).catch(rethrow(`cell ${index} does not show ${JSON.stringify(text)}`));
  }

  /** Waits until a cell's prompt reads so, e.g. `[*]:`. */
  async waitForPrompt(index: number, prompt: string): Promise<void> {
    await this.page.waitForFunction(
      ([i, expected]) =>
        lab().shell.currentWidget!.content.widgets[Number(i)]!.node.querySelector(".jp-InputPrompt")
          ?.textContent === expected,
      [index, prompt] as const,
      { timeout: START_MS, polling: 20 },
    ).catch(rethrow(`cell ${index} does not show the prompt ${prompt}`));
  }

  /** Restarts the kernel and waits until it is ready. */
  async restart(): Promise<void> {
    await this.page.evaluate(() => lab().shell.currentWidget!.sessionContext.restartKernel());
    await this.waitForKernel();
  }

  async edit(index: number, source: string): Promise<void> {
    await this.page.evaluate(([i, text]) => {
      lab().shell.currentWidget!.content.widgets[Number(i)]!.model.sharedModel.setSource(String(text));
    }, [index, source] as const);
  }

  /** Waits until all that was pressed has its answers. The command's own end is not enough: it comes with the first failed cell. */
  async waitUntilDone(timeoutMs = START_MS): Promise<void> {
    await this.page.waitForFunction(
      () => {
        const { content, sessionContext } = lab().shell.currentWidget!;
        const isWaiting = !relayRun.isDone || sessionContext.session?.kernel?.status !== "idle" ||
          content.widgets.some(({ promptNode }) => promptNode?.textContent?.includes("*"));
        const now = performance.now();
        if (isWaiting || relayRun.idleSince === undefined) relayRun.idleSince = now;
        return now - relayRun.idleSince > 500;
      },
      undefined,
      { timeout: timeoutMs, polling: 50 },
    ).catch(rethrow("the cells did not end"));
  }

  /** Outputs on the screen, a list a cell, when all that the notebook holds have been drawn. */
  async shown(): Promise<ShownOutput[][]> {
    await this.page.waitForFunction(
      () =>
        lab().shell.currentWidget!.content.widgets.every(({ node, model }) =>
          (model.outputs?.length ?? 0) <= node.querySelectorAll(".jp-OutputArea-output").length
        ),
      undefined,
      { timeout: START_MS, polling: 50 },
    ).catch(rethrow("the outputs were not drawn"));
    return await this.page.evaluate(() =>
      lab().shell.currentWidget!.content.widgets.map(({ node }) =>
        [...node.querySelectorAll(".jp-OutputArea-output")].map((output) => ({
          mime: output.getAttribute("data-mime-type") ?? "",
          text: output.textContent ?? "",
        }))
      )
    );
  }

  /** Prompts, e.g. `[3]:`; a cell that did not run has `[ ]:`. */
  prompts(): Promise<string[]> {
    return this.page.evaluate(() =>
      lab().shell.currentWidget!.content.widgets.map(({ node }) =>
        node.querySelector(".jp-InputPrompt")?.textContent ?? ""
      )
    );
  }

  /** Saves the notebook. */
  async save(): Promise<void> {
    await this.page.evaluate(() => lab().shell.currentWidget!.context.save());
  }

  async screenshot(path: string): Promise<void> {
    await this.page.screenshot({ path });
  }

  async close(): Promise<void> {
    await this.page.close();
  }

  /** Ends the notebook's kernel and closes the page. */
  async shutdown(): Promise<void> {
    await this.page.evaluate(() => lab().shell.currentWidget!.sessionContext.shutdown());
    await this.page.close();
  }

  /** Runs a command of JupyterLab's; `waitUntilDone` waits for its end. */
  async #command(name: string): Promise<void> {
    await this.page.evaluate((command) => {
      const run = { isDone: false };
      Object.assign(globalThis, { relayRun: run });
      lab().commands.execute(command).catch(() => {}).finally(() => run.isDone = true);
    }, name);
  }
}

/** Headless Chromium. */
export async function openBrowser(): Promise<Browser> {
  const { chromium } = await importPlaywright();
  return await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS });
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

/** What of JupyterLab's application is used here. */
interface LabApplication {
  readonly commands: { execute(command: string): Promise<unknown> };
  readonly shell: {
    readonly currentWidget: null | {
      readonly content: {
        activeCellIndex: number;
        deselectAll(): void;
        readonly widgets: {
          readonly node: HTMLElement;
          readonly promptNode: HTMLElement | null;
          readonly model: {
            readonly outputs?: { readonly length: number };
            readonly sharedModel: { setSource(source: string): void };
          };
        }[];
      };
      readonly context: { save(): Promise<void> };
      readonly sessionContext: {
        readonly session: null | { readonly kernel: null | { readonly status: string } };
        restartKernel(): Promise<void>;
        shutdown(): Promise<void>;
      };
    };
  };
}

/** Stands in for the function of the same name that is defined in the page. */
declare function lab(): LabApplication;
/** The last command, in the page. */
declare const relayRun: { readonly isDone: boolean; idleSince?: number };

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

function rethrow(what: string): (error: unknown) => never {
  return (error) => {
    throw new Error(`JupyterLab in the test: ${what}`, { cause: error });
  };
}

/** See test/notebook/page/render_page_browser_test.ts on the variable. */
async function importPlaywright(): Promise<typeof import("playwright-core")> {
  Deno.env.set("__IS_WSL_TEST__", "1");
  try {
    return await import("playwright-core");
  } finally {
    Deno.env.delete("__IS_WSL_TEST__");
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
