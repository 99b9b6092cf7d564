/** Answers with the forward pass of seeded networks, to be compared with the main thread's. */
import * as tf from "@tensorflow/tfjs";
import { openStream } from "relay/rng/stream.ts";
import { QNetworks } from "relay/tensor/q_network.ts";
import { useSimd } from "relay/tensor/simd_backend.ts";

await useSimd();
const spec = { kind: "conv", dueling: true, obsShape: [5, 5, 2], actions: 4 } as const;
const networks = new QNetworks(spec, [openStream(5), openStream(6)]);
const q = networks.forward(tf.ones([2, 3, 5, 5, 2])).dataSync();
(self as unknown as Worker).postMessage(q);
