import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";

const root = new URL("../../", import.meta.url).pathname;
const directory = Deno.makeTempDirSync({ prefix: "relay-compute-flags-" });
addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));

/** Trains a short run in a process that may call no library; what it printed. */
async function trainWithoutFfi(...args: string[]): Promise<string[]> {
  const permissions = ["--allow-read", "--allow-write", "--allow-env", "--allow-sys", "--allow-run=git"];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...permissions, "src/cli/train.ts", "--preset", "smoke", ...args],
    cwd: root,
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim().split("\n");
}

describe("--engine", () => {
  it("webgpu computes on the GPU where there is one; the line printed and the manifest say what it was", async () => {
    const out = `${directory}/gpu`;
    const short = [
      "totalEnvSteps=40",
      "reportEveryEnvSteps=40",
      "learningStartsEnvSteps=20",
      "env.options.max_cycles=20",
    ];
    const settings = [...short, "evaluation.everyEnvSteps=40", "replay.capacity=500"].flatMap((
      set,
    ) => ["--set", set]);
    const lines = await trainWithoutFfi("--engine", "webgpu", ...settings, "--out", out);
    const [{ name }] = [...Deno.readDirSync(out)] as [Deno.DirEntry];
    const { engine } = JSON.parse(Deno.readTextFileSync(`${out}/${name}/manifest.json`));
    assert(lines.some((line) => line.startsWith(`Engine ${engine}`)), `${engine} is not in ${lines}`);
    assert(
      engine.startsWith("webgpu: ") || lines.some((line) => line.includes("(webgpu was asked for, but ")),
    );
  });

  it("falls back from blas with one line that says why, and the manifest names what computed", async () => {
    const out = `${directory}/blas`;
    const args = ["--engine", "blas", "--set", "totalEnvSteps=1000", "--out", out];
    const lines = await trainWithoutFfi(...args);
    assertEquals(
      lines.filter((line) => line.startsWith("Engine")),
      [
        "Engine wasm: tfjs on WASM SIMD kernels, relaxed FMA " +
        "(blas was asked for, but calling a library is not permitted (--allow-ffi))",
      ],
    );
    const [{ name }] = [...Deno.readDirSync(out)] as [Deno.DirEntry];
    const manifest = JSON.parse(Deno.readTextFileSync(`${out}/${name}/manifest.json`));
    assertEquals(manifest.engine, "wasm: tfjs on WASM SIMD kernels, relaxed FMA");

    const again = await trainWithoutFfi(...args);
    assert(
      again[0]!.endsWith("(wasm: tfjs on WASM SIMD kernels, relaxed FMA) is finished; nothing to do"),
      again[0],
    );
  });
});
