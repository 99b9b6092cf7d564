import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { kernelSpec } from "relay/cli/kernel_spec.ts";
import { launchChromium } from "../support/chromium.ts";
import { freePort, hasJupyterLab, jupyterLabPath } from "../support/jupyter_lab.ts";

const test = hasJupyterLab() ? it : it.skip;

describe("deno task lab", () => {
  test("opens the start notebook with its kernel, writes nothing into the home folder, ends with Ctrl-C", async () => {
    const home = await Deno.makeTempDir();
    const port = freePort();
    const lab = new Deno.Command(Deno.execPath(), {
      args: ["task", "lab", "--no-browser", `--port=${port}`],
      env: {
        HOME: home,
        DENO_DIR: await denoDir(),
        PATH: `${folderOf(jupyterLabPath()!)}:${Deno.env.get("PATH")}`,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    await using browser = await launchChromium();
    const reader = new TextReader(lab.stdout);
    const url = await reader.find(/http:\/\/127\.0\.0\.1:\d+\/\S+token=\S+/);
    assert(url.startsWith(`http://127.0.0.1:${port}/lab/tree/notebooks/start_here.ipynb?token=`), url);
    const refused = await fetch(`http://127.0.0.1:${port}/api/kernels`);
    await refused.body?.cancel();
    assertEquals(refused.status, 403);
    const page = await browser.newPage();
    await page.goto(url);
    await page.waitForSelector('.jp-KernelName jp-button[aria-label="Deno"]', { timeout: 60_000 });
    await page.waitForSelector('.jp-Notebook-ExecutionIndicator[data-status="idle"]', { timeout: 60_000 });
    lab.kill("SIGINT");
    await reader.readToEnd();
    assertEquals((await lab.status).code, 0);
    assertEquals([...Deno.readDirSync(home)].map(({ name }) => name), []);
    await Deno.remove(home, { recursive: true });
  });

  it("says what to do where Python is missing", async () => {
    const folder = await Deno.makeTempDir();
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "eval",
        `import { findJupyterLab, makeJupyterLab } from "relay/cli/jupyter_lab.ts";
         await findJupyterLab(Deno.args[0]) ?? await makeJupyterLab(Deno.args[0]).catch((error) => {
           console.error(error.name + ": " + error.message);
           Deno.exit(2);
         });`,
        folder,
      ],
      env: { PATH: folder },
    }).output();
    const text = new TextDecoder().decode(stderr);
    assertEquals(code, 2, text);
    assert(
      text.includes("ConfigError: Cannot make a private JupyterLab: there is no Python on the PATH"),
      text,
    );
    await Deno.remove(folder, { recursive: true });
  });

  it("explains itself and refuses what it does not know", async () => {
    const help = await lab(["--help"]);
    assertEquals([help.code, help.stdout.includes("--no-browser")], [0, true]);
    const wrong = await lab(["--port", "http"]);
    assertEquals([wrong.code, wrong.stderr], [
      2,
      'Cannot read --port: it is "http", expected an integer ≥ 1\n',
    ]);
  });

  it("names a port that is taken", async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const { code, stderr } = await lab(["--port", String(port)]);
    assertEquals(code, 2);
    assert(stderr.startsWith(`Cannot listen on 127.0.0.1:${port}:`), stderr);
  });

  it("describes the kernel by the program that runs it, not by a name on the PATH", () => {
    const { argv } = kernelSpec("/x") as { argv: string[] };
    assertEquals(argv[0], Deno.execPath());
    assert(!argv.some((arg) => arg === "-A" || arg === "--allow-all"));
  });
});

async function lab(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-net=127.0.0.1", "src/cli/lab.ts", ...args],
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Deno's own cache, which is not what the test is about. */
async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** Text that arrives piece by piece. */
class TextReader {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
      .getReader();
  }

  /** Reads until the pattern is there. */
  async find(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#text);
      if (match) return match[0];
      const { value, done } = await this.#reader.read();
      if (done) throw new Error(`The output ended without ${pattern}:\n${this.#text}`);
      this.#text += value;
    }
  }

  async readToEnd(): Promise<void> {
    while (!(await this.#reader.read()).done);
  }
}
