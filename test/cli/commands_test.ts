import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readGolden } from "../support/golden.ts";

const root = new URL("../../", import.meta.url).pathname;
const tasks =
  (JSON.parse(Deno.readTextFileSync(`${root}/deno.json`)) as { tasks: Record<string, { command: string }> })
    .tasks;
const directory = Deno.makeTempDirSync({ prefix: "relay-cli-" });
addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));

/** Runs a task of deno.json with just the permissions it names. */
async function task(name: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [deno, ...command] = tasks[name]!.command.split(" ");
  assertEquals(deno, "deno");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...command, ...args],
    cwd: root,
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, out: text(stdout), err: text(stderr) };
}

describe("a user's mistake is one line, exit code 2 and no stack trace", () => {
  const cases: [string, string[], string][] = [
    [
      "train",
      ["--set", "share.bandwidth=1.4"],
      "Cannot start run: share.bandwidth is 1.4, expected a fraction in [0, 1]",
    ],
    [
      "train",
      ["--set", "share.bandwith=0.2"],
      "Cannot start run: share.bandwith is not a known key, expected one of kind, ",
    ],
    ["train", ["--set", "env.options.n_pursuers=-1", "--out", directory], "Cannot start run: "],
    [
      "train",
      ["--set", "env.id=sisl/persuit", "--out", directory],
      'Cannot start run: Cannot make environment "sisl/persuit"',
    ],
    ["train", ["--preset", "fast"], 'Cannot find the preset "fast": expected one of smoke, quick, fc, paper'],
    ["train", ["--sed", "1"], "Cannot read the option --sed: expected one of --preset"],
    ["train", ["--seed", "x"], 'Cannot read --seed: it is "x", expected an integer ≥ 0'],
    ["train", ["--engine", "wsm"], 'Cannot find the engine "wsm": expected one of auto, wasm, wasm-strict'],
    ["train", ["--threads", "0"], 'Cannot read --threads: it is "0", expected an integer ≥ 1'],
    ["train", ["--threads", "33"], "Cannot read --threads: it is 33, expected at most 32"],
    [
      "reproduce",
      ["--engine", "gpu"],
      'Cannot find the engine "gpu": expected one of auto, wasm, wasm-strict',
    ],
    ["train", ["--env=pursuit_maddpg", "--suPER=False"], "MADDPG and QMIX are not here yet"],
    [
      "train",
      ["--set", "share.team=blue", "--out", directory],
      'share.team is "blue", expected a text in the names',
    ],
    ["train", ["--set", "replay.capacity=1000000000000", "--out", directory], "Cannot start run: "],
    ["train", ["--preset", "smoke", "--out", "deno.json/x"], "Cannot keep the run in deno.json/x/smoke-"],
    ["train", ["--out="], "Cannot read --out: it is empty, expected a folder"],
    [
      "reproduce",
      ["super_persuit"],
      'Cannot find the experiment "super_persuit": expected one of super_pursuit',
    ],
    ["reproduce", ["--arms", "none,some"], 'Cannot find the arm "some": expected one of none, quantile'],
    ["reproduce", ["--seeds", "0"], 'Cannot read --seeds: it is "0", expected an integer ≥ 1'],
    ["record", [], "Cannot record: 0 experiments are named, expected one of super_pursuit, "],
    ["record", ["super_pursuit", "--preset", "fast"], 'Cannot find the preset "fast": expected one of smoke'],
    ["parity", ["nowhere.json"], "Cannot read the trace nowhere.json: there is no such file"],
    ["parity", ["README.md"], "Cannot read the trace README.md: expected JSON"],
    ["parity", ["deno.json"], "Cannot replay deno.json: "],
  ];
  for (const [name, args, message] of cases) {
    it(`${name} ${args.slice(0, 2).join(" ")}`, async () => {
      const { code, err } = await task(name, ...args);
      assert(err.includes(message), err);
      assertEquals([code, err.split("\n").length], [2, 1]);
    });
  }
});

describe("commands", () => {
  it("all have --help with examples", async () => {
    for (
      const name of ["reproduce", "report", "lab", "train", "pretrain", "record", "parity", "bench", "list"]
    ) {
      const { code, out } = await task(name, "--help");
      assertEquals(code, 0);
      assert(out.includes("Examples:") && out.includes(`deno task ${name}`), out);
    }
  });

  it("list names experiments, presets, arms and environments", async () => {
    const { out } = await task("list");
    for (const word of ["super_pursuit", "smoke, quick, fc, paper", "stochastic", "sisl/pursuit_v4"]) {
      assert(out.includes(word), out);
    }
    // the presets that run an arm by default stand before it
    assert(/ {2}arm {6}parameters +\. +\. +fc paper {2}parameter sharing/.test(out), out);
  });

  it("train runs a preset, and says the second time that it is finished", async () => {
    const args = [
      "--preset",
      "smoke",
      "--set",
      "totalEnvSteps=800",
      "--set",
      "evaluation.everyEnvSteps=800",
      "--out",
      directory,
    ];
    const first = await task("train", ...args, "--set", "reportEveryEnvSteps=400");
    assertEquals([first.code, first.err], [0, ""]);
    assert(/Finished in \d+ s: .*smoke-[0-9a-f]{8}-s1/.test(first.out), first.out);
    const second = await task("train", ...args, "--set", "reportEveryEnvSteps=400");
    assert(second.out.endsWith("is finished; nothing to do"), second.out);
  });

  it("train --print-config prints what the authors' option names stand for", async () => {
    const { out } = await task(
      "train",
      "--suPER=True",
      "--suPER_bandwidth=0.1",
      "--suPER_mode=quantile",
      "--env=pursuit",
      "--seed=2",
      "--print-config",
    );
    const config = JSON.parse(out);
    assertEquals([config.preset, config.seed, config.share.kind, config.share.bandwidth], [
      "paper",
      2,
      "quantile",
      0.1,
    ]);
  });

  it("parity ends with 1 at a difference and says where it is", async () => {
    const trace = readGolden("pursuit_seed3_freeze.json.gz") as { steps: { rewards: number[] }[] };
    trace.steps[4]!.rewards[2]! += 1e-12;
    const path = `${directory}/altered.json`;
    Deno.writeTextFileSync(path, JSON.stringify(trace));
    const { code, out } = await task("parity", "test/golden/pursuit_seed3_freeze.json.gz", path);
    assertEquals(code, 1);
    assert(out.includes("pursuit_seed3_freeze.json.gz: equal over 60 steps"), out);
    assert(out.includes("altered.json: rewards differs at step 4, agent pursuer_2: expected"), out);
  });

  it("reproduce trains arms and seeds and leaves the notebook's page", async () => {
    const args = [
      "--preset",
      "smoke",
      "--arms",
      "none,all",
      "--seeds",
      "1",
      "--workers",
      "2",
      "--out",
      directory,
    ];
    const { code, out, err } = await task("reproduce", ...args);
    assertEquals([code, err], [0, ""]);
    const page = Deno.readTextFileSync(`${directory}/reports/super_pursuit_smoke.html`);
    assert(page.includes("Content-Security-Policy") && page.length < 4e6, out);
    assert(
      page.includes(`deno task reproduce ${args.join(" ")}`),
      "the page does not say how to make it again",
    );
    const again = await task("reproduce", ...args);
    assert(again.out.includes("2 are finished already and are reused"), again.out);
    assertEquals(sittings(`${directory}/runs`), [1, 1], "the notebook trained runs again");
  });
});

/** How often each run was begun or gone on with. */
function sittings(runsDir: string): number[] {
  return [...Deno.readDirSync(runsDir)].map(({ name }) =>
    JSON.parse(Deno.readTextFileSync(`${runsDir}/${name}/manifest.json`)).sittings.length
  );
}
