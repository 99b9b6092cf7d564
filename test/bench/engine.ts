import type { EngineName } from "relay/tensor/engine_name.ts";
import { type SimdEngine, useSimd } from "relay/tensor/simd_backend.ts";

/** How the kernels compute. */
export interface EngineChoice {
  readonly threads: number;
  /** As it was typed; `useSimd` refuses a name that it does not know. */
  readonly engine?: string | undefined;
}

/** Starts the backend. */
export async function startEngine({ threads, engine }: EngineChoice): Promise<SimdEngine> {
  return await useSimd({ threads, ...(engine === undefined ? {} : { engine: engine as EngineName }) });
}
