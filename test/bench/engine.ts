import { type SimdEngine, useSimd } from "relay/tensor/simd_backend.ts";

/** How the kernels compute. */
export interface EngineChoice {
  readonly threads: number;
  readonly engine?: string | undefined;
}

/** Starts the backend with what it knows of these options. */
export async function startEngine({ threads, engine }: EngineChoice): Promise<SimdEngine> {
  const start = useSimd as (options: Record<string, unknown>) => Promise<SimdEngine>;
  return await start({ threads, ...(engine === undefined ? {} : { engine }) });
}
