import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { inflateSync } from "node:zlib";
import { comparisonInput } from "relay/notebook/results.ts";
import { encodeIndexedPng } from "relay/notebook/indexed_png.ts";
import { stillPng } from "relay/notebook/still.ts";
import type { Figure } from "relay/plot/figure.ts";
import { finalReturns } from "relay/plot/final_returns.ts";
import { learningCurves } from "relay/plot/learning_curves.ts";
import { LIGHT } from "relay/plot/theme.ts";
import { madeUpComparison } from "./comparison_fixture.ts";

/** An indexed PNG as RGB values, [height][width]. */
function decode(png: Uint8Array): number[][] {
  const view = new DataView(png.buffer, png.byteOffset);
  const chunks = new Map<string, Uint8Array>();
  for (let at = 8; at < png.length;) {
    const length = view.getUint32(at);
    const type = new TextDecoder().decode(png.subarray(at + 4, at + 8));
    chunks.set(type, png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const header = chunks.get("IHDR")!;
  const size = new DataView(header.buffer, header.byteOffset);
  const [width, height] = [size.getUint32(0), size.getUint32(4)];
  assertEquals([...header.subarray(8)], [8, 3, 0, 0, 0], "8 bits, indexed");
  const palette = chunks.get("PLTE")!;
  const rows = inflateSync(chunks.get("IDAT")!);
  assertEquals(rows.length, height * (1 + width));
  const rgb = (index: number) =>
    palette[3 * index]! << 16 | palette[3 * index + 1]! << 8 | palette[3 * index + 2]!;
  return Array.from({ length: height }, (_, y) => {
    const row = rows.subarray(y * (1 + width), (y + 1) * (1 + width));
    assertEquals(row[0], 0, "unfiltered");
    return Array.from(row.subarray(1), rgb);
  });
}

function madeUpCurves(): Figure {
  const { arms, runs } = madeUpComparison();
  return learningCurves({ ...comparisonInput({ arms: [] }, runs), arms });
}

describe("a still", () => {
  it("is a PNG of 1400 pixels width, at most 80 kB, the same twice, with the arms' colours on white", async () => {
    const figure = madeUpCurves();
    const png = await stillPng(figure);
    assert(png.length <= 80_000, `${png.length} bytes`);
    const pixels = decode(png);
    assertEquals([pixels[0]!.length, pixels.length], [1400, 840]);
    const count = (color: string) =>
      pixels.flat().filter((rgb) => rgb === parseInt(color.slice(1), 16)).length;
    for (const { line } of LIGHT.arms.slice(0, 2)) assert(count(line) > 2000, `${line}: ${count(line)}`);
    assertEquals(count(LIGHT.arms[2]!.line), 0);
    assert(count("#ffffff") > 700_000);
    assertEquals(await stillPng(figure), png);
  });

  it("has room for its words: nothing touches the edge, titles stand below and left of the axes", async () => {
    const { arms, runs } = madeUpComparison();
    const long = arms.map((arm) => ({ ...arm, label: `${arm.label} with a rather long name` }));
    const figures = [madeUpCurves(), finalReturns({ ...comparisonInput({ arms: [] }, runs), arms: long })];
    for (const figure of figures) {
      const pixels = decode(await stillPng(figure));
      const isInk = (rgb: number) => rgb < 0x808080;
      const edges = [
        pixels.at(0)!,
        pixels.at(-1)!,
        pixels.map((row) => row[0]!),
        pixels.map((row) => row.at(-1)!),
      ];
      assertEquals(edges.map((edge) => edge.filter(isInk).length), [0, 0, 0, 0]);
      assert(pixels.slice(-50).flat().some(isInk), "the title of the x axis is missing");
    }
  });

  it("of a figure that Plotly refuses is an error", async () => {
    const broken = { data: [], layout: { height: NaN } } as unknown as Figure;
    await assertRejects(() => stillPng(broken), Error, "Cannot draw a still");
  });
});

describe("a PNG of few colours", () => {
  it("keeps few colours exactly", async () => {
    const data = Uint8Array.from([255, 0, 0, 255, 1, 2, 3, 255, 255, 0, 0, 255, 255, 255, 255, 255]);
    assertEquals(decode(await encodeIndexedPng({ width: 2, height: 2, data })), [
      [0xff0000, 0x010203],
      [0xff0000, 0xffffff],
    ]);
  });

  it("of many colours keeps the frequent and rare hues, and puts near ones for the others", async () => {
    const [width, height] = [256, 40];
    const data = new Uint8Array(4 * width * height).fill(255);
    for (let i = 0; i < width * 20; i++) data.set([i % 256, i % 256, (i >> 8) * 10, 255], 4 * i);
    data.set([255, 0, 0, 255], 4 * width * 39);
    const pixels = decode(await encodeIndexedPng({ width, height, data }));
    assertEquals(pixels[30]![0], 0xffffff);
    assertEquals(pixels[39]![0]! >> 16 > 200 && (pixels[39]![0]! & 0xffff) < 0x4000, true);
    assert(new Set(pixels.flat()).size <= 64);
    pixels.slice(0, 20).forEach((row) =>
      row.forEach((rgb, x) => assert(Math.abs((rgb >> 16) - x) < 40, `${rgb.toString(16)} at ${x}`))
    );
  });
});
