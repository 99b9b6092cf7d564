/**
 * Measures kernels by wrapping them.
 * @module
 */
import type { KernelExports } from "relay/tensor/kernel_exports.ts";

/** A kernel's part of one unit of work. */
export interface KernelTime {
  readonly name: string;
  readonly calls: number;
  readonly ms: number;
  /** Billions of floating-point operations of its matrix products; 0 where it is none or we do not know. */
  readonly gflop: number;
}

interface Total {
  calls: number;
  ms: number;
  flop: number;
}

type Kernel = (...args: (number | boolean)[]) => number | void;

/** Floating-point operations of a call, from the arguments as kernel_exports.ts has them. */
const FLOP: Readonly<Record<string, (args: number[]) => number>> = {
  batched_gemm: ([n0, n1, , , M, N, K]) => 2 * (n1! - n0!) * M! * N! * K!,
  dense_forward: dense,
  dense_weight_gradient: dense,
  dense_input_gradient: dense,
  conv2d_forward: conv2d,
  conv2d_weight_gradient: conv2d,
  conv2d_input_gradient: conv2d,
};

/** See the module. */
export class KernelTimer {
  /** The kernels given, each with a timer around it. */
  readonly kernels: KernelExports;
  readonly #totals = new Map<string, Total>();

  constructor(kernels: KernelExports) {
    // A plain object: exports of WebAssembly are frozen, and a proxy of a frozen object may not answer otherwise.
    const wrapped: Record<string, unknown> = Object.create(kernels as object);
    for (const [name, kernel] of Object.entries(kernels)) {
      if (typeof kernel === "function") {
        Object.defineProperty(wrapped, name, { value: this.#timed(name, kernel.bind(kernels) as Kernel) });
      }
    }
    this.kernels = wrapped as unknown as KernelExports;
  }

  /** Forgets what was measured. */
  reset(): void {
    this.#totals.clear();
  }

  /** What a unit of work spent in each kernel, the largest part first, when `units` were done since the reset. */
  take(units: number): KernelTime[] {
    const times = [...this.#totals].map(([name, { calls, ms, flop }]) => ({
      name,
      calls: calls / units,
      ms: ms / units,
      gflop: flop / units / 1e9,
    }));
    this.reset();
    return times.toSorted((a, b) => b.ms - a.ms);
  }

  #timed(name: string, kernel: Kernel): Kernel {
    return (...args) => {
      const start = performance.now();
      const result = kernel(...args);
      const ms = performance.now() - start;
      const total = this.#totals.get(name) ?? { calls: 0, ms: 0, flop: 0 };
      this.#totals.set(name, total);
      total.calls++;
      total.ms += ms;
      total.flop += FLOP[name]?.(args as number[]) ?? 0;
      return result;
    };
  }
}

function dense([n0, n1, B, I, O]: number[]): number {
  return 2 * (n1! - n0!) * B! * I! * O!;
}

function conv2d([n0, n1, B, H, W, C, kh, kw, O]: number[]): number {
  return 2 * (n1! - n0!) * B! * (H! - kh! + 1) * (W! - kw! + 1) * kh! * kw! * C! * O!;
}
