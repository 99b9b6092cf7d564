import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { findSyntaxError, readCell } from "relay/notebook/run/cell_source.ts";
import { nearest } from "relay/notebook/run/missing_exports.ts";

describe("readCell", () => {
  it("tells values from types", () => {
    const { valueNames } = readCell(`
interface A extends Base { x: number }
type B = typeof onlyType | A;
const value: A = made as B;
function f<T extends Generic>(a: T = byDefault): ReturnType<typeof g> { return a satisfies Shape; }
class K extends Parent implements Interface { field = inField; [computed]() {} method() {} }
object.property[index] ?? call<TypeArgument>(argument!);
({ key: inObject, short, method() {} });
label: for (const item of items) { continue label; }
declare const nothing: Nothing;
`);
    const names = [
      "A",
      "B",
      "Base",
      "onlyType",
      "Generic",
      "g",
      "Shape",
      "Interface",
      "TypeArgument",
      "Nothing",
    ];
    assertEquals(names.filter((name) => valueNames.has(name)), []);
    assertEquals(
      ["property", "key", "method", "field", "label", "nothing"].filter((name) => valueNames.has(name)),
      [],
    );
    const used = [
      "made",
      "byDefault",
      "Parent",
      "inField",
      "computed",
      "object",
      "index",
      "call",
      "argument",
    ];
    assertEquals([...used, "inObject", "short", "items"].filter((name) => !valueNames.has(name)), []);
  });

  it("finds what imports bind, and members of names", () => {
    const { imports, memberUses } = readCell(
      'import d, { a as b, type T } from "x";\nimport * as ns from "y";\nimport type { U } from "z";\nimport "w";\nns.go(ns["not"]);',
    );
    assertEquals(
      imports.map((
        { specifier, bindings },
      ) => [specifier, bindings.map(({ local, imported }) => [local, imported])]),
      [
        ["x", [["d", "default"], ["b", "a"]]],
        ["y", [["ns", "*"]]],
        ["w", []],
      ],
    );
    assertEquals(memberUses, [{ owner: "ns", name: "go", line: 5, column: 4 }]);
  });
});

describe("findSyntaxError", () => {
  it("finds none where the kernel finds none", () => {
    const cells = [
      "{ a: 1, b: 2 }",
      "await 0; for await (const x of []) x;",
      "enum E { A }",
      "export const a = 1;",
    ];
    for (
      const code of [
        ...cells,
        "using x = null;",
        "",
        "@f class A {}",
        'import a from "a" with { type: "text" };',
      ]
    ) {
      assertEquals(findSyntaxError(code), undefined, code);
    }
  });

  it("tells line and column from 1", () => {
    const place = (code: string) => {
      const { line, column } = findSyntaxError(code)!;
      return [line, column];
    };
    assertEquals(place("let q = ;"), [1, 9]);
    assertEquals(place("const a = 1;\n\nif (a {\n}"), [3, 7]);
    assertEquals(place("return 5"), [1, 1]);
  });
});

describe("nearest", () => {
  it("is the name with the fewest letters to change, unless all are far", () => {
    const names = ["train", "trainAll", "replay"];
    assertEquals(["trian", "trainALl", "repaly", "TRAIN", "claim"].map((name) => nearest(name, names)), [
      "train",
      "trainAll",
      "replay",
      "train",
      undefined,
    ]);
    assertEquals(nearest("x", []), undefined);
  });
});
