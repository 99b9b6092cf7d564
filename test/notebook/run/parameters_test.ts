import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { hasTag, joined, NotebookError } from "relay/notebook/notebook_file.ts";
import { declaredParameters, parseParameters, withParameters } from "relay/notebook/run/parameters.ts";
import { notebookOf } from "./notebook_of.ts";

const CODE = `// what to run
let preset: string = "quick"; // or smoke
let seeds = 3, rate = -0.5;
let isFast = true as boolean;
let bandwidths: number[] = [0.1, 0.2];
let options = { a: 1, "b c": ["x"] };
let note = \`one
two\`;
let anything = null;
`;
const DECLARED = {
  preset: "quick",
  seeds: 3,
  rate: -0.5,
  isFast: true,
  bandwidths: [0.1, 0.2],
  options: { a: 1, "b c": ["x"] },
  note: "one\ntwo",
  anything: null,
};
const notebook = notebookOf("1", { code: CODE, tags: ["parameters"] }, "2");

describe("declaredParameters", () => {
  it("are the names and literals of the tagged cell", () => {
    assertEquals(declaredParameters(notebook), DECLARED);
    assertEquals(declaredParameters(notebookOf("let a = 1;")), {});
  });

  it("must be literals declared with let", () => {
    const declared = (code: string) => declaredParameters(notebookOf({ code, tags: ["parameters"] }));
    assertThrows(
      () => declared("let a = 1;\nlet b = a + 1;"),
      NotebookError,
      "parameter b: line 2 gives no literal",
    );
    assertThrows(() => declared("let a;"), NotebookError, "parameter a");
    assertThrows(() => declared("const a = 1;"), NotebookError, "line 1 declares with const, expected let");
    assertThrows(() => declared("let a = ;"), NotebookError, "does not parse");
  });
});

describe("parseParameters", () => {
  it("reads each text as the type of its default", () => {
    const texts = [
      "preset=smoke=1",
      "seeds=5",
      "isFast=false",
      "bandwidths=[1]",
      'options={"a":2}',
      "anything=[]",
    ];
    assertEquals(parseParameters(DECLARED, texts), {
      preset: "smoke=1",
      seeds: 5,
      isFast: false,
      bandwidths: [1],
      options: { a: 2 },
      anything: [],
    });
  });

  it("refuses other types and says what is expected", () => {
    const refusals: [string, string][] = [
      ["seeds=many", "Cannot set the parameter seeds: it is many, expected a number like its default 3"],
      ["seeds=", "Cannot set the parameter seeds: it is , expected a number"],
      ["seeds=[1]", "expected a number"],
      ["isFast=1", "it is 1, expected true or false like its default true"],
      ["bandwidths=0.1", "it is 0.1, expected a list, each a number, like its default [0.1,0.2]"],
      ['bandwidths=["x"]', "expected a list, each a number,"],
      ["options=[]", "expected an object"],
      ["preset", 'Cannot read the parameter "preset": expected name=value'],
    ];
    for (const [text, message] of refusals) {
      assertThrows(() => parseParameters(DECLARED, [text]), NotebookError, message);
    }
  });

  it("lists the known names for an unknown one", () => {
    assertThrows(
      () => parseParameters({ preset: "quick", seeds: 0 }, ["prest=smoke"]),
      NotebookError,
      'Cannot set the parameter prest: the notebook has preset ("quick"), seeds (0)',
    );
    assertThrows(() => parseParameters({}, ["toString=1"]), NotebookError, "the notebook has none");
  });
});

describe("withParameters", () => {
  it("puts a cell behind the tagged one, and replaces it the next time", () => {
    const once = withParameters(notebook, { seeds: 1, preset: 'a"b' });
    const twice = withParameters(once, { seeds: 2 });
    assertEquals(once.cells.map((cell) => hasTag(cell, "injected-parameters")), [false, false, true, false]);
    assertEquals(
      joined(once.cells[2]!.source),
      '// Parameters of this run\nseeds = 1;\npreset = "a\\"b";\nvoid 0;',
    );
    assertEquals(twice.cells.length, 4);
    assertEquals(joined(twice.cells[2]!.source), "// Parameters of this run\nseeds = 2;\nvoid 0;");
    assertEquals(withParameters(twice, {}).cells, notebook.cells);
  });

  it("refuses values of other types", () => {
    assertThrows(() => withParameters(notebook, { seeds: "1" }), NotebookError, "expected a number");
    assertThrows(() => withParameters(notebook, { bandwidths: [[1]] }), NotebookError, "expected a list");
    assertEquals(withParameters(notebook, { bandwidths: [] }).cells.length, 4);
  });
});
