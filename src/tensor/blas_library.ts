/**
 * The machine's BLAS by FFI. The one file of this room that names Deno: a browser has no FFI, and there nothing asks for it.
 * @module
 */

/**
 * What a BLAS is called, in the order of trial: OpenBLAS and MKL on Linux, Accelerate and OpenBLAS on macOS.
 * `libblas.so.3` is not among them: it may be the reference implementation, slower than our own kernels.
 */
const CANDIDATES: Readonly<Record<string, readonly string[]>> = {
  linux: [
    "libopenblas.so.0",
    "libopenblas.so",
    "libmkl_rt.so.2",
    "libmkl_rt.so",
    "/opt/intel/oneapi/mkl/latest/lib/libmkl_rt.so",
  ],
  darwin: [
    "/System/Library/Frameworks/Accelerate.framework/Accelerate",
    "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
    "/usr/local/opt/openblas/lib/libopenblas.dylib",
  ],
};

const SYMBOLS = {
  cblas_sgemm: {
    // deno-fmt-ignore
    parameters: ["i32", "i32", "i32", "i32", "i32", "i32", "f32", "usize", "i32", "usize", "i32", "f32", "usize", "i32"],
    result: "void",
  },
  openblas_set_num_threads: { parameters: ["i32"], result: "void", optional: true },
  openblas_get_config: { parameters: [], result: "pointer", optional: true },
  MKL_Set_Num_Threads: { parameters: ["i32"], result: "void", optional: true },
} as const;

const ROW_MAJOR = 101;
const PLAIN = 111;
const TRANSPOSED = 112;

/** C[M, N] = op(A)·op(B), or C += with `accumulate`; leading dimensions are in elements, addresses in the memory. */
export interface SgemmCall {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly a: number;
  readonly lda: number;
  readonly b: number;
  readonly ldb: number;
  readonly c: number;
  readonly ldc: number;
  readonly accumulate: boolean;
}

/** A BLAS that works on one memory, with one thread a call. */
export interface BlasLibrary {
  /** Name or path by which it was found. */
  readonly path: string;
  /** What it says of itself, such as `OpenBLAS 0.3.21 … Haswell`, or its file name. */
  readonly version: string;
  /** The product on a memory whose first byte lies at `address`. */
  sgemm(address: number, call: SgemmCall): void;
}

/** Why there is no BLAS. */
export interface NoBlas {
  readonly why: string;
}

let opened: BlasLibrary | NoBlas | undefined;

/** The first BLAS that this process may call and that computes correctly; looked for once a thread. */
export function openBlas(): BlasLibrary | NoBlas {
  return opened ??= firstThatWorks();
}

/**
 * Whether this process may call a BLAS. Permission for one library's path is not enough: Deno asks for all of
 * `--allow-ffi` before it says where a memory lies.
 */
function mayCallBlas(): boolean {
  return typeof Deno !== "undefined" && Deno.permissions.querySync({ name: "ffi" }).state === "granted";
}

/** Address of a memory's first byte. */
export function addressOfMemory(buffer: ArrayBufferLike): number {
  const pointer = Deno.UnsafePointer.of(new Uint8Array(buffer) as Uint8Array<ArrayBuffer>);
  return Number(Deno.UnsafePointer.value(pointer));
}

function firstThatWorks(): BlasLibrary | NoBlas {
  if (!mayCallBlas()) return { why: "calling a library is not permitted (--allow-ffi)" };
  const names = CANDIDATES[Deno.build.os] ?? [];
  for (const name of names) {
    const library = open(name);
    if (library && computes(library)) return library;
  }
  return { why: `none of ${names.join(", ")} is installed` };
}

function open(path: string): BlasLibrary | undefined {
  let symbols;
  try {
    ({ symbols } = Deno.dlopen(path, SYMBOLS));
  } catch {
    return undefined; // not there, or something else by that name
  }
  symbols.openblas_set_num_threads?.(1);
  symbols.MKL_Set_Num_Threads?.(1);
  const config = symbols.openblas_get_config?.();
  const name = path.split("/").at(-1)!;
  // Deno types addresses as bigint, but takes numbers, which cost nothing to make; user addresses are below 2⁴⁸.
  const sgemm = symbols.cblas_sgemm as unknown as (...args: number[]) => void;
  return {
    path,
    version: config ? Deno.UnsafePointerView.getCString(config).trim() : name,
    sgemm: (address, { transposeA, transposeB, M, N, K, a, lda, b, ldb, c, ldc, accumulate }) => {
      // deno-fmt-ignore
      sgemm(ROW_MAJOR, transposeA ? TRANSPOSED : PLAIN, transposeB ? TRANSPOSED : PLAIN, M, N, K, 1, address + a, lda,
        address + b, ldb, accumulate ? 1 : 0, address + c, ldc);
    },
  };
}

/** Whether a small product is right: a library by that name may be built with 64-bit integers. */
function computes(library: BlasLibrary): boolean {
  const values = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 1, 1, 1, 1);
  const [transposeA, transposeB, accumulate] = [false, true, true];
  library.sgemm(addressOfMemory(values.buffer), {
    ...{ transposeA, transposeB, accumulate, M: 2, N: 2, K: 2 },
    ...{ a: 0, lda: 2, b: 16, ldb: 2, c: 32, ldc: 2 },
  });
  return [18, 24, 40, 54].every((value, i) => values[8 + i] === value);
}
