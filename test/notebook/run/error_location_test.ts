import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { runCells } from "./notebook_of.ts";

/** Cells whose line with THROW in it fails, by what is special about them. */
const CELLS: Readonly<Record<string, string>> = {
  "the first line": `throw new Error("THROW");`,
  "an interface and blank lines": `interface A {
  x: number;
}


type B = A | undefined;
const a: A = { x: 1 };

function f(value: A): number {
  throw new Error("THROW " + value.x);
}
f(a);`,
  "object and array literals of many lines": `const o = { a: 1, b: {
   c: [1, 2,
    3] } };
const list = [
  { name: "a", value: [1, 2, 3] }, { name: "b", value: [] },
];
null!.THROW;`,
  "imports of every form": `import {
  DamagedFileError,
  writeAtomically,
} from "relay/train/files.ts";
import type { FileRef } from "relay/train/files.ts";
import * as files from "relay/train/files.ts"; import "relay/notebook/relay_output.ts";
import { type FileRef as Ref, readJson } from "relay/train/files.ts";

throw new DamagedFileError("THROW");`,
  "an import between statements": `const before = 1;
import { readJson } from "relay/train/files.ts";
/* a block
   comment */
import text from "./notebook_of.ts" with { type: "text" };
throw new Error("THROW" + text.length);`,
  "comments before and behind imports": `// Licence: "http://…"
/* and
   more */
// and more
import { readJson } from "relay/train/files.ts"; // behind
import "relay/notebook/relay_output.ts";
// before a statement
const x = readJson("nowhere"); /* behind */
throw new Error("THROW" + x);`,
  "await and loops": `let n: number = 0;
await Promise.resolve();
for (const i of [1, 2, 3]) { if (i === 2) {
    // deep inside
    await 0; throw new Error("THROW"); } }`,
  "classes with fields, generics, enums": `enum Kind { One, Two = 5 }
/** doc */
class Box<T extends object> {
  #x: T;
  private y = 5;
  constructor(readonly z: T) { this.#x = z; }

  get<K extends keyof T>(k: K): T[K] { return this.#x[k]; }
  get broken(): never { throw new RangeError("THROW"); }
}
declare const nothing: number;
new Box({ a: Kind.Two }).broken;`,
  "templates and arrow functions": `const text = \`a
\${1 + 1}
b\`; const fn = async <T,>(x: T): Promise<T> => { await 0; throw new Error("THROW" + x); };
await fn<number>(4 as number);`,
  "satisfies and overloads": `function over(a: string): void;
function over(a: number): void;
function over(a: unknown): void {
  (a as { b: { THROW: number } }).b.THROW;
}
const settings = { a: 1 } satisfies Record<string, number>;
over(settings.a);`,
  "long calls broken over lines": `const values = [3, 1, 2].map((value) => value * 2)
  .filter((value) => {
    if (value > 4) throw new Error("THROW");
    return true;
  }).toSorted();`,
  "statements that share a line": `let q = 1; q++; if (q > 1) { throw new Error("THROW"); }`,
  "Unicode and tabs": `const δ = "𝛿"; const π = 3;
\tif (δ) throw new Error("THROW" + π);`,
  "using, switch and optional chains": `using nothing = null;
switch (1 as number) {
  case 1: {
    const maybe = (globalThis as { x?: { y: { z: number } } }).x;
    maybe!.y?.THROW;
  }
}`,
};

describe("the place of an error", () => {
  for (const [what, code] of Object.entries(CELLS)) {
    it(`is right with ${what}`, async () => {
      const { failure } = await runCells(["const unrelated = 1;\n\n\nvoid unrelated;", code]);
      const line = code.split("\n").findIndex((text) => text.includes("THROW")) + 1;
      assertEquals([failure?.cell, failure?.line], [2, line]);
    });
  }

  it("is the function's, in the cell that defines it", async () => {
    const { outputs, failure } = await runCells([
      "\n\nfunction broken(x: number) {\n  throw new Error(`no ${x}`);\n}",
      "const other = 1;\nbroken(other);",
    ]);
    assertEquals([failure?.cell, failure?.line], [1, 4]);
    const [error] = outputs[1]!;
    assertEquals(error?.output_type === "error" && error.traceback, [
      "Error: no 1",
      "",
      "cell [1], line 4",
      "4 |   throw new Error(`no ${x}`);",
      "            ^",
      "    at broken (cell [1]:4:9)",
      "    at cell [2]:2:1",
    ]);
  });
});
