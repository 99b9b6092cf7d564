import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { checkNotebooks, committedNotebooks } from "relay/cli/check_notebooks.ts";
import { notebookJson, type Output } from "relay/notebook/notebook_file.ts";
import { codeCells, notebookOf } from "../notebook/run/notebook_of.ts";

const folder = Deno.makeTempDirSync({
  dir: new URL("../../.relay", ensureFolder()).pathname,
  prefix: "check_",
});
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

describe("the notebooks of the repository", () => {
  it("are there, and have right types and no outputs", async () => {
    const paths = committedNotebooks();
    assert(paths.length > 0, "no notebook was found");
    assertEquals(await checkNotebooks(paths), []);
  });
});

describe("checkNotebooks", () => {
  it("finds wrong types, in the cell and line where they stand", async () => {
    const path = write("types", [
      'import { hasTag } from "relay/notebook/notebook_file.ts";',
      "let n = 1;\n",
      "n + 1",
      "\nhasTag(n, 2);\n({ a: n })",
      "{ a: 1, b: 2 }",
      "await Promise.resolve();\nconst text: string = n",
    ]);
    const problems = await checkNotebooks([path]);
    assertEquals(problems.map((problem) => problem.split("\n").at(-1)!.trim()), [
      `${path} cell [4] line 2`,
      `${path} cell [6] line 2`,
    ]);
    assert(problems[1]!.includes("Type 'number' is not assignable to type 'string'"), problems[1]);
    assertEquals([...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".ts")), []);
  });

  it("finds names that two cells declare", async () => {
    const path = write("names", ["const x = 1;", "void 0;", "const x = 2;"]);
    const problems = await checkNotebooks([path]);
    assert(problems.some((problem) => problem.includes("redeclare") && problem.includes("cell [3] line 1")));
  });

  it("finds syntax errors and goes on with the other cells", async () => {
    const path = write("syntax", ["let a = (;", 'let b: number = "";']);
    const [syntax, type, ...more] = await checkNotebooks([path]);
    assert(syntax!.startsWith(`${path} cell [1] line 1: `), syntax);
    assert(type!.includes(`${path} cell [2] line 1`), type);
    assertEquals(more, []);
  });

  it("finds outputs and counts", async () => {
    const notebook = notebookOf("1", "2", "3");
    const [, second, third] = codeCells(notebook);
    second!.outputs = [{ output_type: "stream", name: "stdout", text: "x" } satisfies Output];
    third!.execution_count = 3;
    const path = `${folder}/outputs.ipynb`;
    Deno.writeTextFileSync(path, notebookJson(notebook));
    assertEquals(
      (await checkNotebooks([path])).map((problem) => problem.slice(path.length, path.length + 9)),
      [
        " cell [2]",
        " cell [3]",
      ],
    );
  });
});

function write(name: string, cells: readonly string[]): string {
  const path = `${folder}/${name}.ipynb`;
  Deno.writeTextFileSync(path, notebookJson(notebookOf(...cells)));
  return path;
}

function ensureFolder(): string {
  Deno.mkdirSync(new URL("../../.relay", import.meta.url), { recursive: true });
  return import.meta.url;
}
