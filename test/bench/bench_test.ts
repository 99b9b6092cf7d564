import { assert, assertEquals, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { type BenchName, type Comparison, comparisons, NETWORKS } from "./cases.ts";
import { compare, type Row } from "./compare.ts";
import { startEngine } from "./engine.ts";
import { alternate, medianOf } from "./pairing.ts";
import { profileTable, profileUpdate } from "./profile.ts";
import { Program, type ProgramCommand, type WorkRequest } from "./program.ts";
import { Programs, ROOT } from "./programs.ts";
import { short, tableOf } from "./table.ts";

const FAKE_PEER = `${ROOT}test/bench/fake_peer.ts`;

function deno(script: string, ...args: string[]): ProgramCommand {
  return { program: Deno.execPath(), args: ["run", "--quiet", "--no-prompt", script, ...args] };
}

/** A comparison whose sides take the milliseconds that their variants say; ours has none, and takes one. */
function fakeComparison(unit: Comparison["unit"], peers: string[]): Comparison {
  return {
    bench: "learner",
    case: "fake",
    work: "update",
    unit,
    perWork: { ours: 4, peers: 2 },
    threads: [1],
    peers: peers.map((variant) => ({ script: variant === "absent" ? "absent" : "fake", variant })),
    pace: { rounds: 3, sliceMs: 20 },
    details: { parameters: 7 },
  };
}

describe("a program of the bench", () => {
  it("says who it is, works when asked, and ends with its input", async () => {
    const program = await Program.start(deno(FAKE_PEER));
    assertEquals([program.name, program.version], ["Fake", "1.0"]);
    const request = { work: "update", threads: 1, variant: "2.5" };
    assertEquals(await program.ask(request, 4), { ms: 10, parameters: 0 });
    await program.close();
  });

  it("says what it cannot do", async () => {
    const program = await Program.start(deno(FAKE_PEER));
    const request: WorkRequest = { work: "update", threads: 1, case: "fails" };
    await assertRejects(() => program.ask(request, 1), Error, "no such thing");
    await program.close();
  });

  it("is missed when it dies, whether at work or at the start", async () => {
    const program = await Program.start(deno(FAKE_PEER));
    await assertRejects(
      () => program.ask({ work: "update", threads: 1, case: "dies" }, 1),
      Error,
      "Fake ended",
    );
    await program.close();
    await assertRejects(() => Program.start(deno(FAKE_PEER, "ends")), Error, "exit code 3");
  });
});

describe("pairing", () => {
  const side = (name: string, ask: Program["ask"]) => ({
    program: { name, ask } as unknown as Program,
    request: { work: name, threads: 1 },
  });

  it("takes turns, with as many units a slice as fill it", async () => {
    const turns: string[] = [];
    const recorded = (ms: number): Program["ask"] => ({ work }, count) => {
      turns.push(`${work}×${count}`);
      return Promise.resolve({ ms: ms * count, parameters: 0 });
    };
    const slices = await alternate([side("a", recorded(2)), side("b", recorded(50))], {
      rounds: 2,
      sliceMs: 20,
    });
    assertEquals(turns, ["a×1", "a×10", "b×1", "b×1", "a×10", "b×1", "a×10", "b×1"]);
    assertEquals(slices, [{ ms: [2, 2], parameters: 0 }, { ms: [50, 50], parameters: 0 }]);
  });

  it("goes on without a side that fails", async () => {
    const fine: Program["ask"] = (_, count) => Promise.resolve({ ms: count, parameters: 0 });
    const broken: Program["ask"] = () => Promise.reject(new Error("out of order"));
    const slices = await alternate([side("a", fine), side("b", broken)], { rounds: 1, sliceMs: 5 });
    assertEquals(slices, [{ ms: [1], parameters: 0 }, { failed: "out of order" }]);
  });

  it("knows the median", () => {
    assertEquals(medianOf([3, 1, 2]), 2);
    assertEquals(medianOf([4, 1, 2, 3]), 2.5);
  });
});

describe("a comparison", () => {
  let fake: Program;
  beforeAll(async () => void (fake = await Program.start(deno(FAKE_PEER))));
  afterAll(() => fake.close());

  const rowsOf = (comparison: Comparison, hasPeers = true): Promise<Row[]> => {
    const ours = {
      ...fake,
      name: "Relay",
      ask: (r: WorkRequest, n: number) => fake.ask({ ...r, variant: 1 }, n),
    };
    return compare(comparison, {
      hasPeers,
      ours: () => Promise.resolve(ours as unknown as Program),
      peer: (script) => script === "absent" ? Promise.reject(new Error("not there")) : Promise.resolve(fake),
    });
  };

  it("gives both sides' figures and how many times as fast we are", async () => {
    const [row] = await rowsOf({ ...fakeComparison("ms", ["3"]), perWork: { ours: 1, peers: 1 } });
    assertEquals(row!.ours, { best: 1, median: 1 });
    assertEquals(row!.peer, { name: "Fake 1.0, 3", best: 3, median: 3 });
    assertEquals(row!.speedup, { best: 3, median: 3 });
  });

  it("counts what the unit counts", async () => {
    const [row] = await rowsOf(fakeComparison("env steps/s", ["4"]));
    assertEquals(row!.ours.best, 4000);
    assertEquals(row!.peer!.best, 500);
    assertEquals(row!.speedup!.best, 8);
  });

  it("says of a peer that is not there why, and measures the others", async () => {
    const rows = await rowsOf(fakeComparison("ms", ["absent", "2"]));
    assertEquals(rows.map(({ peer, failed }) => peer?.name ?? failed), ["Fake 1.0, 2", "not there"]);
  });

  it("is ours alone without peers", async () => {
    const [row, ...others] = await rowsOf(fakeComparison("ms", ["2"]), false);
    assertEquals([row!.peer, row!.speedup, others.length], [undefined, undefined, 0]);
  });

  it("becomes a table that a README can take", async () => {
    const rows = await rowsOf({ ...fakeComparison("ms", ["3"]), perWork: { ours: 1, peers: 1 } });
    const [head, rule, line] = tableOf(rows).split("\n");
    assert(head!.startsWith("| ") && /^\|( -+ \|)+$/.test(rule!), tableOf(rows));
    assertEquals(line!.split("|").map((cell) => cell.trim()).slice(1, -1), [
      "update, fake",
      "1",
      "1.00 / 1.00 ms",
      "Fake 1.0, 3",
      "3.00 / 3.00 ms",
      "3.00 (3.00)",
    ]);
  });

  it("shows three digits", () => {
    assertEquals([0.0123, 0.5, 1.234, 45.67, 456.7, 401_234].map(short), [
      "0.012",
      "0.50",
      "1.23",
      "45.7",
      "457",
      "401,000",
    ]);
  });
});

describe("our side", () => {
  const programs = new Programs({ python: undefined });
  afterAll(() => programs.close());

  it("does every part's work", async () => {
    const ours = await programs.ours(1);
    for (const bench of ["env", "learner", "end_to_end"] as BenchName[]) {
      // The convolutional run takes seconds before its first update, and no other code.
      const cheap = comparisons(bench).filter(({ case: name, work }) =>
        !(work === "train" && name.startsWith("conv"))
      );
      for (const { case: name, work, details } of cheap) {
        const request = {
          ...details,
          case: name,
          work,
          threads: 1,
          ...(work === "train" && { learningStarts: 40 }),
        };
        const { ms, parameters } = await ours.ask(request, 1);
        assert(ms >= 0, `${name} took ${ms} ms`);
        if (name.startsWith("conv")) assertEquals(parameters, 240_486);
      }
    }
  });

  it("says what it can do when asked for something else", async () => {
    const ours = await programs.ours(1);
    const request = { work: "dance", threads: 1, case: "fc 147-64-64-5" };
    await assertRejects(() => ours.ask(request, 1), Error, "expected step, draw, update");
  });
});

describe("the profile of an update", () => {
  it("has every kernel's time, calls and operations, and leaves the backend as it was", async () => {
    const backend = await startEngine({ threads: 1 });
    const kernels = backend.kernels;
    const [network] = Object.keys(NETWORKS);
    const profile = profileUpdate(network!, backend, { warmUp: 1, updates: 2 });
    assert(backend.kernels === kernels);
    const forward = profile.kernels.find(({ name }) => name === "dense_forward")!;
    // Eight networks one by one, three layers for each of Q(o), A(o′) and the target's Q(o′).
    assertEquals(forward.calls, 8 * 9);
    const perForward = 2 * 8 * 32 * (147 * 64 + 64 * 64 + 64 * 5);
    assert(Math.abs(1e9 * forward.gflop - 3 * perForward) < 1, `${forward.gflop} GFLOP`);
    assert(profile.kernels.some(({ name, calls }) => name === "adam" && calls === 8));
    assert(profileTable(profile, 50).includes("| dense_forward | 72 |"));
  });
});

describe("the bench's scripts in Python", () => {
  const python = pythonCommand();
  const test = python === undefined ? it.skip : it;

  test("speak the protocol", async () => {
    const folder = await Deno.makeTempDir();
    const script = `${folder}/tiny.py`;
    await Deno.writeTextFile(
      script,
      `import sys; sys.path.insert(0, ${JSON.stringify(`${ROOT}test/bench/peers`)})
from serve import serve
def prepare(request):
    print("chatter")
    if request["case"] == "fails": raise ValueError("no")
    return (lambda: None), 5, (lambda threads: None)
serve("Tiny", "0.1", prepare)
`,
    );
    const env = { PYTHONDONTWRITEBYTECODE: "1" };
    const program = await Program.start({ program: python!, args: [script], env });
    assertEquals(program.name, "Tiny");
    assertEquals((await program.ask({ case: "fine", work: "nothing", threads: 1 }, 3)).parameters, 5);
    const request = { case: "fails", work: "nothing", threads: 1 };
    await assertRejects(() => program.ask(request, 1), Error, "ValueError: no");
    await program.close();
    await Deno.remove(folder, { recursive: true });
  });
});

function pythonCommand(): string | undefined {
  try {
    const { success } = new Deno.Command("python3", { args: ["--version"], stdout: "null", stderr: "null" })
      .outputSync();
    return success ? "python3" : undefined;
  } catch {
    return undefined;
  }
}
