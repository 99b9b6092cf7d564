import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { armStyles, DARK, LIGHT, type Theme } from "relay/plot/theme.ts";
import { themeColors } from "relay/plot/theme_colors.ts";

type Rgb = readonly [number, number, number];

// Machado, Oliveira and Fernandes (2009), full dichromacy, on linear RGB.
const VISION: Readonly<Record<string, readonly Rgb[]>> = {
  trichromacy: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function linear(hex: string): Rgb {
  const channels = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
  const [r, g, b] = channels.map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return [r!, g!, b!];
}

function times(matrix: readonly Rgb[], [x, y, z]: Rgb): Rgb {
  const [a, b, c] = matrix.map((row) => row[0] * x + row[1] * y + row[2] * z);
  return [a!, b!, c!];
}

/** OKLab (Ottosson, 2020): distances are about as large as they look. */
function oklab(rgb: Rgb): Rgb {
  const clipped = rgb.map((c) => Math.min(1, Math.max(0, c)));
  const [l, m, s] = times([
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
  ], [clipped[0]!, clipped[1]!, clipped[2]!]);
  return times([
    [0.2104542553, 0.793617785, -0.0040720468],
    [1.9779984951, -2.428592205, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.808675766],
  ], [Math.cbrt(l), Math.cbrt(m), Math.cbrt(s)]);
}

/** WCAG 2.2 contrast ratio. */
function contrast(a: string, b: string): number {
  const [low, high] = [a, b].map((hex) => {
    const [red, green, blue] = linear(hex);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }).sort((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}

for (const theme of [LIGHT, DARK] as readonly Theme[]) {
  describe(`the ${theme.name} theme`, () => {
    it("measures contrast as WCAG does", () => {
      assertEquals(contrast("#000000", "#ffffff"), 21);
    });

    it("sets text off by 4.5 : 1 and lines by 3 : 1", () => {
      for (const text of [theme.ink, theme.muted]) assert(contrast(text, theme.paper) >= 4.5, text);
      for (const { line } of theme.arms) assert(contrast(line, theme.paper) >= 3, line);
      assert(contrast(theme.reference, theme.paper) >= 3);
    });

    for (const [name, matrix] of Object.entries(VISION)) {
      it(`keeps the arms apart for ${name}`, () => {
        const seen = theme.arms.map(({ line }) => oklab(times(matrix, linear(line))));
        seen.forEach((a, i) =>
          seen.slice(i + 1).forEach((b, j) => {
            const distance = Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
            assert(distance >= 0.1, `arms ${i} and ${i + 1 + j} are ${distance} apart`);
          })
        );
      });
    }
  });
}

describe("themeColors", () => {
  it("maps every colour of a theme to another one of its own, and back", () => {
    const toDark = themeColors(LIGHT, DARK);
    assertEquals(Object.keys(toDark).length, 6 + 2 * LIGHT.arms.length);
    assertEquals(new Set(Object.values(toDark)).size, 6 + 2 * LIGHT.arms.length);
    const toLight = themeColors(DARK, LIGHT);
    for (const [light, dark] of Object.entries(toDark)) assertEquals(toLight[dark], light);
  });
});

describe("armStyles", () => {
  it("gives five arms five colours and markers, and begins again with the sixth, dashed and open", () => {
    const styles = [...armStyles(["a", "b", "c", "d", "e", "f"]).values()];
    assertEquals(new Set(styles.slice(0, 5).map(({ color }) => color)).size, 5);
    assertEquals(new Set(styles.slice(0, 5).map(({ symbol }) => symbol)).size, 5);
    assertEquals(styles[5], { ...styles[0]!, symbol: "circle-open", dash: "dash" });
  });
});
