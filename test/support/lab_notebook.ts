/**
 * A notebook on JupyterLab's screen, handled as a person would: Run All, Stop, edit a cell, save, read what is shown.
 * @module
 */
import type { Page } from "playwright-core";

const START_MS = 60_000;

/** One output of a cell, as it stands on the screen. */
export interface ShownOutput {
  /** MIME type of what was chosen, e.g. `text/html`. */
  readonly mime: string;
  readonly text: string;
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

  /**
   * Waits until all that was pressed has its answers. Neither the command's own end nor the prompts are enough: with the first failed
   * cell the command ends and JupyterLab takes the stars from all that wait; and a kernel whose next cell blocks it says `busy` late.
   */
  async waitUntilDone(timeoutMs = START_MS): Promise<void> {
    await this.page.waitForFunction(
      () => {
        const { content, sessionContext } = lab().shell.currentWidget!;
        const isWaiting = !relayRun.isDone || relayRun.unanswered.size > 0 ||
          sessionContext.session?.kernel?.status !== "idle" ||
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

  /** Runs a command of JupyterLab's; `waitUntilDone` waits for its end and for the answers to the cells that it sends. */
  async #command(name: string): Promise<void> {
    await this.page.evaluate((command) => {
      const unanswered = new Set<string>();
      const run = { isDone: false, unanswered };
      Object.assign(globalThis, { relayRun: run });
      const kernel = lab().shell.currentWidget!.sessionContext.session?.kernel;
      kernel?.anyMessage.connect((_, { msg, direction }) => {
        const { header, parent_header: parent, content } = msg;
        if (direction === "send" && header.msg_type === "execute_request") unanswered.add(header.msg_id);
        if (header.msg_type === "status" && content.execution_state === "idle") {
          unanswered.delete(parent.msg_id!);
        }
      });
      // Who asked a kernel that has ended or starts again gets no answer.
      kernel?.statusChanged.connect((_, status) => {
        if (["restarting", "autorestarting", "dead"].includes(status)) unanswered.clear();
      });
      lab().commands.execute(command).catch(() => {}).finally(() => run.isDone = true);
    }, name);
  }
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
        readonly session: null | { readonly kernel: null | LabKernel };
        restartKernel(): Promise<void>;
        shutdown(): Promise<void>;
      };
    };
  };
}

interface LabKernel {
  readonly status: string;
  readonly statusChanged: LabSignal<string>;
  readonly anyMessage: LabSignal<{
    readonly direction: "send" | "recv";
    readonly msg: {
      readonly header: { readonly msg_id: string; readonly msg_type: string };
      readonly parent_header: { readonly msg_id?: string };
      readonly content: { readonly execution_state?: string };
    };
  }>;
}

interface LabSignal<T> {
  connect(slot: (sender: unknown, args: T) => void): void;
}

/** Stands in for the function of the same name that is defined in the page. */
declare function lab(): LabApplication;
/** The last command, in the page. */
declare const relayRun: {
  readonly isDone: boolean;
  /** Ids of the cells' requests that the kernel has not finished. */
  readonly unanswered: ReadonlySet<string>;
  idleSince?: number;
};

function rethrow(what: string): (error: unknown) => never {
  return (error) => {
    throw new Error(`JupyterLab in the test: ${what}`, { cause: error });
  };
}
