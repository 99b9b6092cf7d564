/**
 * The kernels that can be split over threads: numbers for them, the work they do, and how a piece is computed.
 * @module
 */
import type { KernelExports } from "../kernel_exports.ts";

/** Names of the kernels that take a range of networks (or of blocks of elements). */
export type RangeKernelName =
  | "batched_gemm"
  | "activation_gradient"
  | "dense_forward"
  | "dense_weight_gradient"
  | "dense_input_gradient"
  | "conv2d_forward"
  | "conv2d_weight_gradient"
  | "conv2d_input_gradient"
  | "huber_td_loss"
  | "huber_td_gradient"
  | "gradient_norms"
  | "clip_scales"
  | "adam";

/** Arguments of a kernel behind n0 and n1, as they lie in the command block; more may follow, which are ignored. */
export type RangeArguments = Float64Array;

/** One kernel that can be split. */
export interface RangeOperation {
  readonly name: RangeKernelName;
  /**
   * Multiply-adds of one network, or what takes as long; 0 where networks must be computed in turn because they add
   * into one place.
   * @param tableAt reads the kernels' memory as int32
   */
  readonly work: (args: RangeArguments, tableAt: (address: number) => number) => number;
  /** Place of the argument that is scratch for GEMM. */
  readonly scratch?: number;
  /** Place of the argument that is scratch for im2col; and columns that it has to hold. */
  readonly columns?: { readonly place: number; readonly count: (args: RangeArguments) => number };
}

/** Elements of a block of an elementwise kernel; whole vectors, so that blocks never overlap. */
export const BLOCK_ELEMENTS = 1024;
/** An Adam step of one value takes as long as this many multiply-adds: it waits for memory. */
const ADAM_WORK = 16;
const NORM_WORK = 2;
const ELEMENT_WORK = 4;
/** Bytes of a row of the parameter table; its first cell is the number of values a network. */
const TABLE_ROW_BYTES = 20;

/** Output pixels · inputs of one · channels: B, H, W, C, kh, kw, O are the first arguments. */
function convWork(args: RangeArguments): number {
  const kh = args[4]!;
  const kw = args[5]!;
  const pixels = args[0]! * (args[1]! - kh + 1) * (args[2]! - kw + 1);
  return pixels * kh * kw * args[3]! * args[6]!;
}

function parameterCount(parameters: number, table: number, tableAt: (address: number) => number): number {
  let count = 0;
  for (let row = 0; row < parameters; row++) count += tableAt(table + row * TABLE_ROW_BYTES);
  return count;
}

const convColumns = (args: RangeArguments) => args[3]! * args[4]! * args[5]!;
const denseWork = (args: RangeArguments) => args[0]! * args[1]! * args[2]!;

/** Every kernel that can be split; its index is its number in the command block. */
export const RANGE_OPERATIONS: readonly RangeOperation[] = [
  { name: "batched_gemm", work: (args) => args[2]! * args[3]! * args[4]!, scratch: 12 },
  { name: "activation_gradient", work: () => ELEMENT_WORK * BLOCK_ELEMENTS },
  { name: "dense_forward", work: denseWork, scratch: 9 },
  { name: "dense_weight_gradient", work: denseWork, scratch: 8 },
  {
    name: "dense_input_gradient",
    work: (args) => args[6] === 0 ? 0 : denseWork(args),
    scratch: 7,
  },
  { name: "conv2d_forward", work: convWork, scratch: 13, columns: { place: 14, count: convColumns } },
  { name: "conv2d_weight_gradient", work: convWork, scratch: 12, columns: { place: 13, count: convColumns } },
  {
    name: "conv2d_input_gradient",
    work: (args) => args[10] === 0 ? 0 : convWork(args),
    scratch: 11,
    columns: { place: 12, count: convColumns },
  },
  { name: "huber_td_loss", work: (args) => ELEMENT_WORK * args[0]! },
  { name: "huber_td_gradient", work: (args) => ELEMENT_WORK * args[0]! },
  {
    name: "gradient_norms",
    work: (args, tableAt) => NORM_WORK * parameterCount(args[0]!, args[1]!, tableAt),
  },
  { name: "clip_scales", work: () => 1 },
  {
    name: "adam",
    work: (args, tableAt) => ADAM_WORK * parameterCount(args[0]!, args[1]!, tableAt),
    scratch: 7,
  },
];

/** Computes the networks n0 ≤ n < n1 of an operation. */
export function runRange(
  kernels: KernelExports,
  { name }: RangeOperation,
  range: { readonly n0: number; readonly n1: number; readonly args: RangeArguments },
): void {
  const { n0, n1, args: a } = range;
  if (name === "activation_gradient") return activationGradientBlocks(kernels, range);
  // Exported functions ignore arguments that they do not have, and a fixed number spares building a list.
  const kernel = kernels[name] as unknown as (...all: number[]) => void;
  // deno-fmt-ignore
  kernel(n0, n1, a[0]!, a[1]!, a[2]!, a[3]!, a[4]!, a[5]!, a[6]!, a[7]!, a[8]!, a[9]!, a[10]!, a[11]!, a[12]!, a[13]!,
    a[14]!);
}

/** Arguments are those of the kernel: activation, n, dy, y, dz. */
function activationGradientBlocks(
  kernels: KernelExports,
  { n0, n1, args }: { readonly n0: number; readonly n1: number; readonly args: RangeArguments },
): void {
  const [activation, n, dy, y, dz] = args as unknown as [number, number, number, number, number];
  const first = n0 * BLOCK_ELEMENTS;
  const count = Math.min(n, n1 * BLOCK_ELEMENTS) - first;
  const offset = 4 * first;
  kernels.activation_gradient(activation, count, dy + offset, y + offset, dz + offset);
}
