import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Kernel, KernelError } from "relay/notebook/kernel/kernel.ts";
import { parseUncaught, UNCAUGHT_MIME } from "relay/notebook/kernel/prelude.ts";

const cwd = import.meta.dirname!;
const ignore = () => {};

describe("a kernel", () => {
  it("runs in the folder given, fenced, and keeps what cells declare", async () => {
    await using kernel = await Kernel.start({ cwd, env: { RELAY_TEST: "seen" } });
    const reply = await kernel.execute("const x = 41;", ignore);
    assertEquals(reply, { hasFailed: false, executionCount: 1 });
    const answer = await kernel.ask(
      '[x + 1, Deno.cwd(), Deno.env.get("RELAY_FENCED"), Deno.env.get("RELAY_TEST")]',
    );
    assertEquals(answer, [42, Deno.realPathSync(cwd), "1", "seen"]);
    assertEquals(await kernel.ask('await import("./nowhere.ts")'), undefined);
  });

  it("has shown everything when a cell ends, though 5000 messages are on their way", async () => {
    await using kernel = await Kernel.start({ cwd });
    let lines = 0;
    await kernel.execute("for (let i = 0; i < 5000; i++) console.log(i);", (type) => {
      if (type === "stream") lines++;
    });
    assertEquals(lines, 5000);
  });

  it("keeps its state when it is interrupted", async () => {
    await using kernel = await Kernel.start({ cwd });
    await kernel.execute("let x = 1;", ignore);
    const busy = kernel.execute("await new Promise((resolve) => setTimeout(resolve, 300)); x++;", ignore);
    kernel.interrupt();
    await busy;
    assertEquals(await kernel.ask("x"), 2);
  });

  it("tells of errors that nobody catches, and lives on", async () => {
    await using kernel = await Kernel.start({ cwd });
    const told: string[] = [];
    const code = 'Promise.reject(new TypeError("a")); setTimeout(() => { throw "b"; });' +
      "await new Promise((resolve) => setTimeout(resolve, 50));";
    await kernel.execute(code, (_, { data }) => {
      const uncaught = parseUncaught((data as Record<string, unknown> | undefined)?.[UNCAUGHT_MIME]);
      if (uncaught) told.push(`${uncaught.kind} ${uncaught.name}: ${uncaught.message}`);
    });
    assertEquals(told.toSorted(), ["error Uncaught: b", "rejection TypeError: a"]);
    assertEquals(await kernel.ask("1"), 1);
  });

  it("says how it died, and what it last wrote", async () => {
    await using kernel = await Kernel.start({ cwd });
    const dying = kernel.execute(
      'await new Deno.Command("sh", { args: ["-c", "echo last words >&2; kill -9 $PPID"], stderr: "inherit" }).output(); for (;;);',
      ignore,
    );
    await assertRejects(() => dying, KernelError, "The kernel died: killed by SIGKILL");
    await assertRejects(() => kernel.execute("1", ignore), KernelError, "The kernel died");
  });

  it("leaves nothing behind: no process, no connection file", async () => {
    const kernel = await Kernel.start({ cwd });
    const { pid } = kernel;
    const file = /--conn\s(\S+\.json)/.exec(ask(pid, "args"))![1]!;
    assertEquals(Deno.statSync(file).mode! & 0o077, 0, "others may read the key");
    await kernel.stop();
    await assertRejects(() => Deno.stat(file), Deno.errors.NotFound);
    assertEquals(isRunning(pid), false);
  });

  it("ends with the process that started it", async () => {
    const module = new URL("../../../src/notebook/kernel/kernel.ts", import.meta.url).href;
    const code = `const { Kernel } = await import(${JSON.stringify(module)});
      const kernel = await Kernel.start({ cwd: Deno.cwd() });
      console.log(kernel.pid);
      await kernel.execute("await new Promise((resolve) => setTimeout(resolve, 60_000))", () => {});`;
    const parent = new Deno.Command(Deno.execPath(), { args: ["eval", code], stdout: "piped" }).spawn();
    const reader = parent.stdout.getReader();
    const pid = Number(new TextDecoder().decode((await reader.read()).value));
    assert(isRunning(pid), `no kernel ${pid}`);
    parent.kill("SIGKILL");
    await reader.cancel();
    await parent.status;
    while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 100));
  });
});

/** A process that has ended and that nobody has asked about is no longer running either. */
function isRunning(pid: number): boolean {
  const state = ask(pid, "stat");
  return state !== "" && !state.startsWith("Z");
}

/** What the system says of a process; empty when there is none. Deno itself may read /proc with all permissions only. */
function ask(pid: number, what: "args" | "stat"): string {
  const isLinux = Deno.build.os === "linux";
  const [program, ...args] = isLinux
    ? ["cat", `/proc/${pid}/${what === "args" ? "cmdline" : "stat"}`]
    : ["ps", "-o", `${what}=`, "-p", String(pid)];
  const { stdout } = new Deno.Command(program!, { args }).outputSync();
  const text = new TextDecoder().decode(stdout).trim();
  return isLinux && what === "stat" ? text.replace(/^.*\) /s, "") : text.replaceAll("\0", " ");
}
