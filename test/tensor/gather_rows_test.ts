import { assertEquals } from "@std/assert";
import { beforeAll, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { gatherRows } from "relay/tensor/gather_rows.ts";
import { heapTensor } from "relay/tensor/heap_tensor.ts";
import { startSimd } from "./support.ts";

const TABLE_ROWS = 11;

/** What stands in a target of 2 + rows.length + 1 rows of −1 after rows have been gathered to its third. */
function gathered(table: Uint8Array | Float32Array, rows: number[], inHeap: boolean): number[] {
  const width = table.length / TABLE_ROWS;
  const size = (rows.length + 3) * width;
  const heap = heapTensor([size], "float32");
  const values = inHeap ? heap.values : new Float32Array(size);
  values.fill(-1);
  gatherRows(table, Int32Array.from(rows), { values, row: 2, width });
  const result = [...values];
  heap.dispose();
  return result;
}

describe("gatherRows()", () => {
  beforeAll(async () => void (await startSimd()));

  for (const Table of [Uint8Array, Float32Array]) {
    it(`copies any rows of a ${Table.name} to their place, and nothing beside them`, () => {
      const width = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constantFrom(5000, 32_768, 32_769));
      const rows = fc.array(fc.integer({ min: 0, max: TABLE_ROWS - 1 }), { maxLength: 20 });
      fc.assert(
        fc.property(width, rows, fc.boolean(), (width, rows, inHeap) => {
          const table = new Table(TABLE_ROWS * width);
          for (let i = 0; i < table.length; i++) table[i] = (i * 7919) % 256;
          const expected = [-2, -1, ...rows, -3].flatMap((row) =>
            row < 0 ? new Array<number>(width).fill(-1) : [...table.subarray(row * width, (row + 1) * width)]
          );
          assertEquals(gathered(table, rows, inHeap), expected);
        }),
        { numRuns: 60 },
      );
    });
  }
});
