/** Answers with Q-values computed by one thread and by two, with Workers of its own. */
import * as tf from "@tensorflow/tfjs";
import { openStream } from "relay/rng/stream.ts";
import { QNetworks } from "relay/tensor/q_network.ts";
import { stopThreads, useSimd } from "relay/tensor/simd_backend.ts";

const spec = { kind: "conv", dueling: true, obsShape: [7, 7, 3], actions: 5 } as const;
await useSimd({ threads: 1 });
const networks = new QNetworks(spec, [openStream(5), openStream(6), openStream(7)]);
const forward = () => tf.tidy(() => networks.forward(tf.ones([3, 16, 7, 7, 3])).dataSync());
const alone = forward();
await useSimd({ threads: 2 });
const together = forward();
stopThreads();
(self as unknown as Worker).postMessage([alone, together]);
