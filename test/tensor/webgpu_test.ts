import { describe } from "@std/testing/bdd";
import { checkOnGpu, itOnGpu } from "./webgpu_child.ts";

describe("the learner on WebGPU", () => {
  itOnGpu(
    "agrees with the CPU engine, whatever is stacked beside it",
    () => checkOnGpu(new URL("webgpu_checks.ts", import.meta.url)),
  );

  itOnGpu("replays as the CPU does", () => checkOnGpu(new URL("webgpu_replay_checks.ts", import.meta.url)));
});
