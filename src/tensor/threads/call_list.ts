/**
 * Lists of kernel calls that a thread computes for some of the networks, from the first call to the last.
 * @module
 */
import type { KernelExports } from "../kernel_exports.ts";
import { RANGE_OPERATIONS, type RangeKernelName } from "./range_operations.ts";
import type { ThreadScratch } from "./thread_scratch.ts";

/** Names of the kernels that take a number of rows or values, which lie network after network. */
export type FlatKernelName =
  | "td_target"
  | "dueling_forward"
  | "dueling_gradient"
  | "argmax_rows"
  | "activation_gradient"
  | "binary"
  | "unary"
  | "int_to_float";

/** Kernels that a list may call. */
export type ListedKernelName = RangeKernelName | FlatKernelName;

/** A call of a list. */
export interface ListedCall {
  readonly name: ListedKernelName;
  /** Of a kernel that takes networks n0 ≤ n < n1: those behind n0 and n1. */
  readonly args: readonly number[];
  /** Of a flat kernel: how its arguments change with the networks. */
  readonly flat?: {
    /** Place of the argument that counts, and its value for one network. */
    readonly place: number;
    readonly count: number;
    /** Bytes from one network's values to the next one's, for every argument. */
    readonly strides: readonly number[];
  };
}

type Kernel = (...args: number[]) => void;

/** A call with the kernel that computes it. */
interface LinkedCall {
  readonly kernel: Kernel;
  readonly args: Float64Array;
  readonly flat:
    | { readonly place: number; readonly count: number; readonly strides: Float64Array }
    | undefined;
}

/** What {@link runCalls} computes. */
export type LinkedCalls = readonly LinkedCall[];

const FLAT_KERNELS: readonly FlatKernelName[] = [
  "td_target",
  "dueling_forward",
  "dueling_gradient",
  "argmax_rows",
  "activation_gradient",
  "binary",
  "unary",
  "int_to_float",
];
/** A kernel's number in an encoded list. */
const KERNELS: readonly ListedKernelName[] = [
  ...RANGE_OPERATIONS.map(({ name }) => name).filter((name) => name !== "activation_gradient"),
  ...FLAT_KERNELS,
];
const MAX_ARGUMENTS = 15;
/** Numbers of an encoded call: kernel, place (−1: none) and count of a flat one, arguments, strides. */
const RECORD = 3 + 2 * MAX_ARGUMENTS;

/** Bytes of {@link encodeCalls}. */
export function encodedBytes(calls: readonly ListedCall[]): number {
  return 8 * RECORD * calls.length;
}

/** The list as numbers for shared memory. */
export function encodeCalls(calls: readonly ListedCall[]): Float64Array {
  const records = new Float64Array(RECORD * calls.length);
  calls.forEach(({ name, args, flat }, index) => {
    const record = records.subarray(RECORD * index, RECORD * (index + 1));
    record.set([KERNELS.indexOf(name), flat?.place ?? -1, flat?.count ?? 0]);
    record.set(args, 3);
    record.set(flat?.strides ?? [], 3 + MAX_ARGUMENTS);
  });
  return records;
}

/**
 * Calls of an encoded list, ready to run.
 * @param scratch of the thread that runs them; absent for that which recorded them
 */
export function linkCalls(
  records: Float64Array,
  kernels: KernelExports,
  scratch?: ThreadScratch,
): LinkedCalls {
  return Array.from({ length: records.length / RECORD }, (_, index): LinkedCall => {
    const record = records.slice(RECORD * index, RECORD * (index + 1));
    const name = KERNELS[record[0]!]!;
    const args = record.slice(3, 3 + MAX_ARGUMENTS);
    const operation = RANGE_OPERATIONS.find((operation) => operation.name === name);
    if (scratch && operation?.scratch !== undefined) args[operation.scratch] = scratch.gemm;
    if (scratch && operation?.columns) args[operation.columns.place] = scratch.columns;
    const [, place, count] = record as unknown as [number, number, number];
    const flat = place < 0 ? undefined : { place, count, strides: record.slice(3 + MAX_ARGUMENTS) };
    return { kernel: kernels[name] as unknown as Kernel, args, flat };
  });
}

/** Computes every call for the networks n0 ≤ n < n1. */
export function runCalls(calls: LinkedCalls, n0: number, n1: number): void {
  for (let i = 0; i < calls.length; i++) {
    const { kernel, args: a, flat } = calls[i]!;
    if (flat) runFlat(calls[i]!, n0, n1);
    else {
      // Exported functions ignore arguments that they do not have, and a fixed number spares building a list.
      // deno-fmt-ignore
      kernel(n0, n1, a[0]!, a[1]!, a[2]!, a[3]!, a[4]!, a[5]!, a[6]!, a[7]!, a[8]!, a[9]!, a[10]!, a[11]!, a[12]!,
        a[13]!, a[14]!);
    }
  }
}

function runFlat({ kernel, args: a, flat }: LinkedCall, n0: number, n1: number): void {
  const { place, count, strides: s } = flat!;
  const kept = a[place]!;
  a[place] = count * (n1 - n0);
  // deno-fmt-ignore
  kernel(a[0]! + n0 * s[0]!, a[1]! + n0 * s[1]!, a[2]! + n0 * s[2]!, a[3]! + n0 * s[3]!, a[4]! + n0 * s[4]!,
    a[5]! + n0 * s[5]!, a[6]! + n0 * s[6]!, a[7]! + n0 * s[7]!);
  a[place] = kept;
}
