import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as tf from "@tensorflow/tfjs";
import { openStream } from "relay/rng/stream.ts";
import { QNetworks } from "relay/tensor/q_network.ts";
import { simdEngine } from "relay/tensor/simd_backend.ts";
import { startSimd } from "./support.ts";

describe("useSimd", () => {
  it("is asked for by whoever uses the engine before it", () => {
    assertThrows(() => simdEngine(), Error, "expected `await useSimd()`");
  });

  it("gives a worker the same bits as the main thread", async () => {
    await startSimd();
    const worker = new Worker(new URL("./simd_worker.ts", import.meta.url), { type: "module" });
    const answer = await new Promise<Float32Array>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
    worker.terminate();
    const spec = { kind: "conv", dueling: true, obsShape: [5, 5, 2], actions: 4 } as const;
    const networks = new QNetworks(spec, [openStream(5), openStream(6)]);
    assertEquals(
      answer,
      tf.tidy(() => networks.forward(tf.ones([2, 3, 5, 5, 2])).dataSync()) as Float32Array,
    );
    networks.dispose();
  });
});
