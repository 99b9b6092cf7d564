/** One number that a run reports. Progress, plots, stores and notebooks read rows and know nothing of algorithms. */
export interface Row {
  readonly runId: string;
  /** Joint environment steps done. */
  readonly envSteps: number;
  /** Gradient updates done, each agent. */
  readonly updates: number;
  /** Wall-clock time of the run so far, earlier sittings included; not reproducible, so it is stored apart from the rest. */
  readonly elapsedMs: number;
  /** What is measured; see {@link METRICS}. */
  readonly metric: string;
  readonly value: number;
}

/** Every metric that a run reports, with its unit. */
export const METRICS: Readonly<Record<string, string>> = Object.freeze({
  "eval/return":
    "mean over evaluation episodes, greedy unless the config says sampled, of the team's undiscounted reward sum",
  "eval/length": "mean length of the evaluation episodes, joint steps",
  "train/return":
    "undiscounted reward sum of the team in one training episode (ε-greedy, or sampled from the policies)",
  "share/fraction": "transitions sent / collected since the last report, mean over the sharing agents",
  "share/bytes": "bytes sent since the run began, over all senders and receivers",
  "td/meanAbs": "mean |δ| of fresh transitions since the last report",
  "loss/mean": "mean weighted Huber loss since the last report",
  "policy/entropy":
    "mean entropy of actor-critic policies on their own experience since the last report, nats",
  "grad/norm": "mean gradient norm before clipping since the last report",
});
