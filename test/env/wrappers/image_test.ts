/**
 * Grey and resizing against SuperSuit 3.11 and OpenCV on one test picture (spec/wrappers.md §7): sums, checksums and a whole image.
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { grey } from "relay/env/wrappers/color_reduction.ts";
import { readGolden } from "../../support/golden.ts";
import { type ResizeMethod, resizer } from "relay/env/wrappers/resize_image.ts";

interface Recorded {
  readonly sum: number;
  readonly weighted: number;
}

const golden = readGolden("wrappers.json.gz") as Record<string, Recorded> & { gray_full: number[][] };

const [HEIGHT, WIDTH] = [210, 160];
const picture = Float32Array.from({ length: HEIGHT * WIDTH * 3 }, (_, i) => {
  const [c, x, y] = [i % 3, Math.floor(i / 3) % WIDTH, Math.floor(i / (3 * WIDTH))];
  return (7 * x + 13 * y + 29 * c + (x * y) % 11) % 256;
});
const greys = Float32Array.from(
  { length: HEIGHT * WIDTH },
  (_, i) => Math.trunc(grey(picture[3 * i]!, picture[3 * i + 1]!, picture[3 * i + 2]!)),
);

function resized(image: Float32Array, size: number, method: ResizeMethod): Float32Array {
  const C = image.length / (HEIGHT * WIDTH);
  const to = new Float32Array(size * size * C);
  resizer({ shape: [HEIGHT, WIDTH, C], width: size, height: size, method, bytes: true })(image, 0, to, 0);
  return to;
}

function checksums(values: Float32Array): Recorded {
  let [sum, weighted] = [0, 0];
  values.forEach((value, i) => {
    sum += value;
    weighted += value * (i % 9973 + 1);
  });
  return { sum, weighted };
}

const pick = ({ sum, weighted }: Recorded): Recorded => ({ sum, weighted });

describe("images as SuperSuit makes them", () => {
  it("are grey to the last pixel, with the thirteen greys that come out one lower", () => {
    assertEquals(checksums(greys), pick(golden.gray!));
    const lowered = [...Array(256).keys()].filter((level) => Math.trunc(grey(level, level, level)) !== level);
    assertEquals(lowered, [37, 61, 74, 93, 111, 122, 148, 186, 215, 222, 233, 244, 253]);
  });

  it("are resized bilinearly and to the nearest pixel exactly", () => {
    assertEquals(checksums(resized(greys, 84, "bilinear")), pick(golden.resize84_bilinear!));
    assertEquals(checksums(resized(greys, 84, "nearest")), pick(golden.resize84_nearest!));
    assertEquals(checksums(resized(greys, 32, "bilinear")), pick(golden.resize32_bilinear!));
    assertEquals(checksums(resized(picture, 84, "bilinear")), pick(golden.resize84_rgb_bilinear!));
    assertEquals([...resized(greys, 84, "bilinear")], golden.gray_full.flat());
  });

  it("are shrunk by area as OpenCV does it", () => {
    assertEquals(checksums(resized(greys, 84, "area")), pick(golden.cv2_area84!));
    assertEquals(checksums(resized(greys, 32, "area")), pick(golden.cv2_area32!));
    assertEquals([...resized(greys, 84, "area").slice(0, 8)], [37, 52, 67, 80, 94, 108, 117, 132]);
  });

  it("become block means where area shrinks by whole factors", () => {
    const shrink = (values: number[], side: number, bytes: boolean) => {
      const to = new Float32Array((side / 2) ** 2);
      const options = { width: side / 2, height: side / 2, method: "area", bytes } as const;
      resizer({ shape: [side, side, 1], ...options })(Float32Array.from(values), 0, to, 0);
      return [...to];
    };
    assertEquals(shrink([1, 2, 3, 4], 2, false), [2.5]);
    assertEquals(shrink([1, 2, 3, 4], 2, true), [3]); // (10 + 2) >> 2
  });

  it("do not grow by area", () => {
    const options = { shape: [7, 7, 1], width: 64, height: 64, method: "area", bytes: false } as const;
    assertThrows(() => resizer(options), RangeError, "expected a smaller result");
  });
});
