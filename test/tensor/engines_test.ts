import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { chooseEngine } from "relay/tensor/engine_choice.ts";
import type { EngineName } from "relay/tensor/engine_name.ts";
import { engineInUse, useSimd } from "relay/tensor/simd_backend.ts";
import { startSimd } from "./support.ts";

/** SHA-256 of the parameters, values and gradients that engine_child.ts computes, on every machine. */
const STRICT_HASH = "0308039868f463ddfea89dbef90d7dbdfeebfb63b4c697f1ebd35eb43b8bc4e9";

interface ChildAnswer {
  readonly engine: string;
  readonly line: string;
  readonly hash: string;
  readonly isSameWithTwoThreads: boolean;
}

async function child(engine: EngineName, ...permissions: string[]): Promise<ChildAnswer> {
  const script = new URL("./engine_child.ts", import.meta.url).pathname;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--allow-read", "--allow-env", ...permissions, script, engine],
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert(text !== "", new TextDecoder().decode(stderr));
  return JSON.parse(text) as ChildAnswer;
}

describe("engines", () => {
  it("wasm agrees with stock tfjs, also where auto chose it", async () => {
    const wasm = await child("wasm");
    const auto = await child("auto");
    assertEquals([wasm.engine, wasm.isSameWithTwoThreads], ["wasm", true]);
    assertEquals([auto.engine, auto.hash], ["wasm", wasm.hash]);
    assert(auto.line.includes("auto was asked for, but calling a library is not permitted"), auto.line);
  });

  it("wasm-strict agrees with stock tfjs, and gives recorded bits", async () => {
    const strict = await child("wasm-strict");
    assertEquals([strict.engine, strict.isSameWithTwoThreads], ["wasm-strict", true]);
    assertEquals(strict.hash, STRICT_HASH);
  });

  it("blas agrees with stock tfjs where there is one, else says that there is none", async () => {
    const blas = await child("blas", "--allow-ffi");
    assertEquals(blas.isSameWithTwoThreads, true);
    const expected = blas.engine === "blas"
      ? "large matrix products by "
      : "blas was asked for, but none of ";
    assert(blas.line.includes(expected), blas.line);
  });

  it("that are unknown, or no engine of tensors, are refused", () => {
    assertThrows(
      () => chooseEngine("cuda" as EngineName),
      RangeError,
      "expected one of auto, wasm, wasm-strict",
    );
    assertThrows(() => chooseEngine("webgpu"), RangeError, "it trains whole sets of runs");
  });

  it("stay for the life of a thread", async () => {
    await startSimd();
    await useSimd({ engine: "wasm" });
    const refused = () => useSimd({ engine: "wasm-strict" });
    await assertRejects(refused, Error, "Cannot change the engine to wasm-strict");
    assertEquals(engineInUse().engine, "wasm");
  });
});
