import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { DEFECT_NAMES, type DefectName, DEFECTS } from "relay/algo/defects/catalogue.ts";
import { EXAMPLES } from "relay/algo/defects/examples.ts";
import { runParts } from "relay/algo/defects/run_parts.ts";
import { faultySelector, singlePrecisionMoments } from "relay/algo/defects/selectors.ts";
import { faultySettings } from "relay/algo/defects/settings.ts";
import { makeEnv } from "relay/env/registry.ts";
import { openStream } from "relay/rng/stream.ts";
import { quantile } from "relay/share/quantile.ts";
import { SHARE, type ShareConfig } from "relay/share/share_config.ts";
import { SlidingWindow } from "relay/share/td_error_window.ts";
import { parseConfig, runIdOf, type TrainConfig } from "relay/train/config.ts";
import { Session } from "relay/train/session.ts";
import { trainedNetworks } from "relay/train/trained_networks.ts";
import { SMALL_RUN } from "../../support/small_run.ts";

/** The way of sharing that a fault needs. */
const shareFor = (name: DefectName): ShareConfig =>
  name === "stochasticWithoutCount"
    ? SHARE.stochastic
    : name === "gaussianCancellation"
    ? SHARE.gaussian
    : SHARE.quantile;

const run = (defects: readonly DefectName[], changes: Partial<TrainConfig> = {}): TrainConfig =>
  parseConfig({
    ...SMALL_RUN,
    network: { kind: "fc", hidden: [12], headHidden: 8 },
    totalEnvSteps: 400,
    learningStartsEnvSteps: 100,
    evaluation: { everyEnvSteps: 400, episodes: 1 },
    share: shareFor(defects[0] ?? "staleErrors"),
    ...changes,
    ...(defects.length > 0 ? { defects: [...defects] } : {}),
  });

/** Everything that a run of 400 joint steps measures, and its session, still open. */
async function trained(config: TrainConfig): Promise<{ session: Session; fingerprint: string }> {
  const session = await Session.start(config);
  const measurements: unknown[] = [session.evaluate()];
  while (!session.isDone) {
    measurements.push(session.iterate(), session.report(), session.evaluate());
  }
  return { session, fingerprint: JSON.stringify(measurements) };
}

const fingerprints = new Map<string, Promise<string>>();

/** What a run measures; the same run is made once. */
function fingerprint(config: TrainConfig): Promise<string> {
  const id = runIdOf(config);
  const known = fingerprints.get(id) ?? trained(config).then(({ session, fingerprint }) => {
    session.dispose();
    return fingerprint;
  });
  fingerprints.set(id, known);
  return known;
}

describe("the catalogue of defects", () => {
  it("has all 32, once each, in order, with names of their own", () => {
    assertEquals(DEFECTS.map(({ number }) => number), Array.from({ length: 32 }, (_, i) => i + 1));
    assertEquals(new Set(DEFECTS.map(({ name }) => name)).size, 32);
    assertEquals(DEFECT_NAMES.length, DEFECTS.filter(({ kind }) => kind !== "example").length);
  });

  it("has an example for each one that cannot be switched on, whose two outcomes differ", () => {
    const examples = DEFECTS.filter(({ kind }) => kind === "example").map(({ number }) => number);
    assertEquals(EXAMPLES.map(({ number }) => number), examples);
    for (const { number, wrong, right } of EXAMPLES) assertNotEquals(wrong(), right(), `example ${number}`);
  });

  it("shows what each example is about", () => {
    const said = new Map(EXAMPLES.map(({ number, wrong, right }) => [number, [wrong(), right()]]));
    assertEquals(said.get(7), ["TypeError: append takes 6 values, got 1", "2 experiences stored"]);
    assertEquals(said.get(8), ["mean |δ| at the receiver: NaN", "mean |δ| at the receiver: 2"]);
    assertEquals(said.get(13), ["target of the last step: NaN", "target of the last step: 4.9"]);
    assertEquals(said.get(14)?.[0], "agents with experience: pursuer_7");
    assert(said.get(20)![0]!.startsWith("TypeError"));
    assert(said.get(31)![0]!.startsWith("TypeError"));
    assertEquals(said.get(12)?.[0], "500 stored errors keep 20500 tensors alive");
  });
});

describe("defects", () => {
  it("are absent from a healthy run's identity, present in a faulty one's, refused when unknown", () => {
    assertEquals(runIdOf(parseConfig(SMALL_RUN)), runIdOf(parseConfig({ ...SMALL_RUN })));
    assertEquals("defects" in parseConfig(SMALL_RUN), false);
    assertNotEquals(runIdOf(run([])), runIdOf(run(["staleErrors"])));
    assertThrows(() => parseConfig({ ...SMALL_RUN, defects: ["doubleIsnt"] }), Error, "doubleIsNot");
    assertThrows(
      () => faultySelector(() => [], SHARE.none, ["quantileWrongTail"]),
      RangeError,
      "share.kind is none, expected quantile",
    );
  });

  it("keep tools that know healthy runs only from looking into a faulty one", async () => {
    const config = run(["observationDestroyed"]);
    const faulty = { config, runId: runIdOf(config), path: "nowhere" };
    const env = makeEnv(config.env.id, config.env.options);
    await assertRejects(() => trainedNetworks(faulty, env), RangeError, "expected a healthy run");
  });

  it("change nothing where none is switched on", () => {
    const settings = { learner: SMALL_RUN, env: {}, evaluationEnv: {}, episodes: 3 };
    const select = () => [0];
    const parts = runParts(settings, select);
    assertEquals([parts.learner, parts.select, parts.episodes], [settings.learner, select, 3]);
  });

  for (const name of DEFECT_NAMES) {
    it(`${name} makes another run of the same config and seed`, async () => {
      // item 16 shows only where targets are not copied at once
      const changes = name === "targetOwnStart" ? { targetUpdateEverySteps: 400 } : {};
      const share = shareFor(name);
      assertNotEquals(
        await fingerprint(run([name], { share, ...changes })),
        await fingerprint(run([], { share, ...changes })),
      );
    });
  }
});

describe("faulty selectors", () => {
  const errors = Float32Array.from({ length: 20 }, (_, t) => t);
  const window = new SlidingWindow(1500);
  window.push(errors);
  const healthy = quantile({ bandwidth: 0.1, strict: true });
  const select = (
    name: DefectName,
    share = shareFor(name),
  ) => [...faultySelector(healthy, share, [name])(errors, window, openStream(1))];

  it("send nine tenths from the wrong tail, and nothing through the gate", () => {
    assertEquals([...healthy(errors, window, openStream(0))], [18, 19]);
    assertEquals(select("quantileWrongTail").length, 18);
    assertEquals(select("quantileGateNeverOpens"), []);
  });

  it("send nothing while n·β < 1, then as they should", () => {
    const faulty = faultySelector(healthy, SHARE.quantile, ["quantileIndexWraps"]);
    const short = new SlidingWindow(1500);
    short.push(errors.subarray(0, 9));
    assertEquals([...faulty(errors, short, openStream(0))], []);
    assertEquals([...faulty(errors, window, openStream(0))], [...healthy(errors, window, openStream(0))]);
  });

  it("send β experiences in all where the number of candidates is left out", () => {
    const faulty = faultySelector(healthy, SHARE.stochastic, ["stochasticWithoutCount"]);
    const stream = openStream(2);
    let sent = 0;
    for (let fragment = 0; fragment < 2000; fragment++) sent += faulty(errors, window, stream).length;
    assert(Math.abs(sent / 2000 - 0.1) < 0.03, `${sent / 2000} a fragment, expected 0.1`);
  });

  it("lose the variance in single precision", () => {
    const close = [1000.1, 1000.2, 1000.3];
    assert(singlePrecisionMoments(close).variance < 0, "expected less than zero where 0.0067 would be right");
  });
});

describe("faulty settings and steps", () => {
  const settings = (name: DefectName) =>
    faultySettings({ learner: SMALL_RUN, env: {}, evaluationEnv: {}, episodes: 3 }, [name]);

  it("change what they are named for and nothing else", () => {
    assertEquals(settings("doubleIsNot").learner, { ...SMALL_RUN, double: false });
    assertEquals(settings("uniformReplay").learner.replay, { ...SMALL_RUN.replay, alpha: 0, beta: 0 });
    assertEquals(settings("exploringTests").env, {});
    assertEquals(settings("exploringTests").episodes, 5);
    assertEquals(settings("frameSkipLosesRewards").evaluationEnv.wrappers, [{
      kind: "frame_skip",
      frames: 2,
    }]);
  });

  it("count test returns exactly twice", async () => {
    const firstReturn = async (defects: readonly DefectName[]) => {
      const session = await Session.start(run(defects, { share: SHARE.quantile }));
      const [[, value]] = session.evaluate() as [readonly [string, number]];
      session.dispose();
      return value;
    };
    assertEquals(await firstReturn(["returnCountedTwice"]), 2 * await firstReturn([]));
  });

  it("never copy to the targets, start them elsewhere, give senders their own back", async () => {
    const idle = await trained(run(["emptyAgentList"]));
    assertEquals(idle.session.team.progress.lastTargetUpdateEnvSteps, 0);
    assertEquals(idle.session.team.log.bytesSent, 0);
    idle.session.dispose();

    const apart = await Session.start(run(["targetOwnStart"]));
    const [online, target] = [apart.team.online, apart.team.target].map((
      { variables },
    ) => [...variables[0]!.dataSync()]);
    assertNotEquals(online, target);
    apart.dispose();

    const inserted = async (defects: readonly DefectName[]) => {
      const { session } = await trained(run(defects, { share: SHARE.all }));
      const count = session.team.replays[0]!.inserted;
      session.dispose();
      return count;
    };
    assertEquals(await inserted([]), 400 * 8);
    assertEquals(await inserted(["senderReceivesOwn"]), 400 * 9);
  });

  it("store no end, and send old experience again and again", async () => {
    const endless = await trained(run(["endsIgnored"]));
    const { columns, size } = endless.session.team.replays[0]!;
    assertEquals(columns.truncated.subarray(0, size).includes(1), false);
    endless.session.dispose();

    const again = await trained(run(["wholeReplayRescanned"]));
    const sent = await trained(run([]));
    assert(again.session.team.log.bytesSent > 5 * sent.session.team.log.bytesSent);
    again.session.dispose();
    sent.session.dispose();
  });
});
