import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Frame } from "relay/env/parallel_env.ts";
import { renderPursuit } from "relay/env/pursuit/render.ts";
import { drawNumber, newFrame } from "relay/env/raster.ts";

const PURSUER = [213, 94, 0];
const EVADER = [0, 114, 178];
const BUILDING = [88, 92, 102];
const CELL = 20;

function pixel({ width, data }: Frame, x: number, y: number): number[] {
  return Array.from(data.subarray((y * width + x) * 4, (y * width + x) * 4 + 3));
}

/** Pixels of a colour inside cell (x, y). */
function countIn(frame: Frame, [x, y]: readonly [number, number], colour: readonly number[]): number {
  let count = 0;
  for (let v = y * CELL; v < (y + 1) * CELL; v++) {
    for (let u = x * CELL; u < (x + 1) * CELL; u++) {
      if (pixel(frame, u, v).every((value, i) => value === colour[i])) count++;
    }
  }
  return count;
}

describe("renderPursuit", () => {
  const board = {
    x_size: 6,
    y_size: 4,
    obs_range: 3,
    isBlocked: (x: number, y: number) => x === 5 && y === 3,
  };
  const frame = renderPursuit({ ...board, pursuers: [[0, 1], [3, 2]], evaders: [[2, 0], [2, 0], [3, 2]] });

  it("has 20 pixels a cell, all opaque", () => {
    assertEquals([frame.width, frame.height, frame.data.length], [121, 81, 121 * 81 * 4]);
    assert(frame.data.every((value, i) => i % 4 !== 3 || value === 255));
  });

  it("shows pursuers, evaders and the building where they are and nowhere else", () => {
    assertEquals(pixel(frame, 10, 30), PURSUER);
    assertEquals(pixel(frame, 5 * CELL + 10, 3 * CELL + 10), BUILDING);
    for (let y = 0; y < 4; y++) {
      for (let x = 0; x < 6; x++) {
        const key = `${x},${y}`;
        assertEquals(countIn(frame, [x, y], PURSUER) > 20, key === "0,1" || key === "3,2", key);
        assertEquals(countIn(frame, [x, y], EVADER) > 20, key === "2,0" || key === "3,2", key);
        assertEquals(countIn(frame, [x, y], BUILDING) > 20, key === "5,3", key);
      }
    }
  });

  it("writes how many share a cell", () => {
    const alone = renderPursuit({ ...board, pursuers: [], evaders: [[2, 0]] });
    const missing = countIn(alone, [2, 0], EVADER) - countIn(frame, [2, 0], EVADER);
    // A 2 has eleven of fifteen bits set, each drawn two by two pixels.
    assertEquals(missing, 11 * 4);
  });

  it("tints what a pursuer sees, more where several look", () => {
    const blue = (x: number, y: number) => pixel(frame, x * CELL + 3, y * CELL + 3)[2]!;
    assertEquals([blue(0, 0), blue(1, 2)], [blue(1, 1), blue(1, 1)]);
    assert(blue(0, 0) < blue(0, 3) && blue(5, 0) === 245);
    const two = renderPursuit({ ...board, pursuers: [[0, 0], [1, 0]], evaders: [] });
    assert(pixel(two, CELL + 3, CELL + 3)[2]! < blue(1, 1));
  });
});

describe("drawNumber", () => {
  it("draws every digit differently and centres what it draws", () => {
    const drawn = Array.from({ length: 10 }, (_, digit) => {
      const frame = newFrame(9, 9, [0, 0, 0, 1]);
      drawNumber(frame, digit, { x: 4.5, y: 4.5, scale: 1, colour: [255, 255, 255, 1] });
      assert(
        !frame.data.subarray(0, 9 * 4 * 2).some((value, i) => i % 4 !== 3 && value > 0),
        "above the digit",
      );
      return frame.data.join();
    });
    assertEquals(new Set(drawn).size, 10);
  });
});
