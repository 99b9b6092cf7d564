import { describe } from "@std/testing/bdd";
import { checkOnGpu, itOnGpu } from "../tensor/webgpu_child.ts";

describe("training on WebGPU", () => {
  itOnGpu(
    "gives a run the same bytes in any company, stopped or not, and the CPU engine's first losses",
    () => checkOnGpu(new URL("gpu_checks.ts", import.meta.url), ["--allow-write", "--allow-run=git"]),
  );
});
