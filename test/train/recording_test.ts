import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { parseConfig, runIdOf } from "relay/train/config.ts";
import { DamagedFileError } from "relay/train/files.ts";
import type { Manifest } from "relay/train/manifest.ts";
import { packRows, unpackRows } from "relay/train/packed_rows.ts";
import { decodeRecording, encodeRecording, recordedRun, requireIdentity } from "relay/train/recording.ts";
import type { Row } from "relay/train/row.ts";
import { SMALL_RUN } from "../support/small_run.ts";

const config = parseConfig(SMALL_RUN);
const runId = runIdOf(config);
const manifest: Manifest = {
  runId,
  status: "finished",
  config,
  configHash: "",
  resultsVersion: 1,
  engine: "none",
  commit: null,
  versions: {},
  hardware: { cpu: "made up", cores: 2 },
  sittings: [],
  endedAt: "2026-01-02T03:04:05.000Z",
  elapsedMs: 12,
};

function rowAt(envSteps: number, metric: string, value: number): Row {
  return { runId, envSteps, updates: Math.floor(envSteps / 4), elapsedMs: 3 * envSteps, metric, value };
}

const ROWS = [
  rowAt(0, "eval/return", -351.55175000000025),
  rowAt(0, "eval/length", 500),
  rowAt(500, "train/return", 0.1 + 0.2),
  rowAt(1000, "train/return", 5e-324),
  rowAt(1000, "td/meanAbs", Number.MAX_VALUE),
  rowAt(1000, "eval/return", 1 / 3),
];

/** Reports at rising steps, of any metrics in any order, one metric more than once. */
const someRows = fc.array(
  fc.record({
    steps: fc.nat({ max: 1e6 }),
    values: fc.array(fc.tuple(fc.constantFrom("eval/return", "td/meanAbs", "a"), fc.double()), {
      minLength: 1,
    }),
  }),
).map((reports) => {
  let envSteps = 0;
  return reports.flatMap(({ steps, values }) => {
    envSteps += steps;
    return values.map(([metric, value]) => rowAt(envSteps, metric, value));
  });
});

describe("packed rows", () => {
  it("are the rows again, to the last bit and in their order", () => {
    fc.assert(fc.property(someRows, (rows) => {
      const expected = rows.map((row) => ({ ...row, value: Number.isFinite(row.value) ? row.value : NaN }));
      assertEquals(unpackRows(packRows(rows), runId), expected);
    }));
  });

  it("outlive JSON: decimals name the very doubles", () => {
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const [row] = unpackRows(JSON.parse(JSON.stringify(packRows([rowAt(8, "a", value)]))), runId);
      assert(row!.value === value);
    }));
  });

  it("that lack values are refused", () => {
    const packed = packRows(ROWS);
    const values = { ...packed.values, "eval/return": [1] };
    assertThrows(
      () => unpackRows({ ...packed, values }, runId),
      RangeError,
      `Cannot unpack the rows of ${runId}: "eval/return" has 1 values, expected one more`,
    );
  });
});

describe("a recording", () => {
  const recording = { experiment: "tiny", preset: "small", runs: [recordedRun("one", manifest, ROWS)] };

  it("gives its runs back, without the metrics that nobody reads", async () => {
    const decoded = await decodeRecording(await encodeRecording(recording));
    assertEquals(decoded, recording);
    assertEquals(decoded.runs[0]!.rows, ROWS.filter(({ metric }) => metric !== "train/return"));
  });

  it("tells runs apart that differ only in what it leaves out", () => {
    const other = ROWS.map((row) => row.metric === "train/return" ? { ...row, value: 7 } : row);
    const [a, b, again] = [ROWS, other, ROWS].map((rows) => recordedRun("one", manifest, rows));
    assertEquals(a!.rows, b!.rows);
    assert(a!.rowsSha256 !== b!.rowsSha256);
    assertEquals(a!.rowsSha256, again!.rowsSha256);
  });

  it("has the same bytes for the same runs, and no time in them", async () => {
    const bytes = await encodeRecording(recording);
    assertEquals(await encodeRecording(structuredClone(recording)), bytes);
    assertEquals([...bytes.subarray(4, 8)], [0, 0, 0, 0], "gzip's time of modification");
  });

  it("that is cut short or another file is refused with its path", async () => {
    const bytes = await encodeRecording(recording);
    const other = new TextEncoder().encode("{}");
    for (const broken of [bytes.subarray(0, bytes.length - 20), other]) {
      await assertRejects(
        () => decodeRecording(broken, "a/b.json.gz"),
        DamagedFileError,
        "Cannot read a/b.json.gz: ",
      );
    }
  });
});

describe("a recorded run", () => {
  it("whose config is another is refused by its id", () => {
    const run = recordedRun("one", { ...manifest, config: { ...config, gamma: 0.5 } }, ROWS);
    assertThrows(
      () => requireIdentity(run),
      Error,
      `Cannot use the recorded run ${runId}: its config makes the run small-`,
    );
  });

  it("whose config cannot be run is refused", () => {
    const run = recordedRun("one", { ...manifest, config: { ...config, gamma: 5 } }, ROWS);
    assertThrows(() => requireIdentity(run), Error, `${runId}: its config cannot be run any more`);
  });
});
