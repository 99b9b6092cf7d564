/**
 * What a kernel's call reads and writes, and how it is cut into networks.
 * @module
 */
import type { KernelExports } from "../kernel_exports.ts";
import type { FlatKernelName, ListedCall } from "../threads/call_list.ts";
import { RANGE_OPERATIONS, type RangeKernelName } from "../threads/range_operations.ts";

/** A call of a kernel as the recording took it down. */
export interface RecordedCall {
  readonly name: keyof KernelExports;
  readonly args: readonly number[];
}

/** A piece of memory that a call uses. */
export interface Access {
  readonly address: number;
  /** Bytes from one network's values to the next one's; 0: every network uses all of it. */
  readonly stride: number;
  readonly isWrite: boolean;
}

/** A call that can be computed for one network after the other. */
export interface NetworkCall extends ListedCall {
  /** P. */
  readonly networks: number;
  readonly accesses: readonly Access[];
  /** Multiply-adds of all networks, or what takes as long. */
  readonly work: number;
  /** Columns that scratch for im2col has to hold. */
  readonly columns: number;
}

/** Reads the kernels' memory as int32. */
type TableAt = (address: number) => number;

const TABLE_ROW_BYTES = 20;

const read = (address: number, stride: number): Access => ({ address, stride, isWrite: false });
const write = (address: number, stride: number): Access => ({ address, stride, isWrite: true });

/** Value, gradient, m and v of every parameter in a table of `adam`. */
function tableRows(parameters: number, table: number, tableAt: TableAt) {
  return Array.from({ length: parameters }, (_, row) => {
    const at = (column: number) => tableAt(table + row * TABLE_ROW_BYTES + 4 * column);
    return { stride: 4 * at(0), value: at(1), gradient: at(2), moments: [at(3), at(4)] };
  });
}

function convSizes([B, H, W, C, kh, kw, O]: readonly number[]) {
  const outputs = B! * (H! - kh! + 1) * (W! - kw! + 1) * O!;
  return { outputs: 4 * outputs, weights: 4 * kh! * kw! * C! * O!, biases: 4 * O! };
}

/** Of the arguments behind n0 and n1. */
type RangeAccesses = (args: readonly number[], tableAt: TableAt) => Access[];

const RANGE_ACCESSES: Readonly<Record<Exclude<RangeKernelName, "activation_gradient">, RangeAccesses>> = {
  batched_gemm: ([, , M, N, , a, aStride, b, bStride, c, bias]) => [
    read(a!, aStride!),
    read(b!, bStride!),
    ...bias ? [read(bias, 0)] : [],
    write(c!, 4 * M! * N!),
  ],
  dense_forward: ([B, I, O, x, xStride, w, b, y]) => [
    read(x!, xStride!),
    read(w!, 4 * I! * O!),
    read(b!, 4 * O!),
    write(y!, 4 * B! * O!),
  ],
  dense_weight_gradient: ([B, I, O, x, xStride, dz, dw, db]) => [
    read(x!, xStride!),
    read(dz!, 4 * B! * O!),
    write(dw!, 4 * I! * O!),
    write(db!, 4 * O!),
  ],
  dense_input_gradient: ([B, I, O, dz, w, dx, dxStride]) => [
    read(dz!, 4 * B! * O!),
    read(w!, 4 * I! * O!),
    write(dx!, dxStride!),
  ],
  conv2d_forward: (args) => {
    const [x, xStride, w, b, y] = args.slice(7) as [number, number, number, number, number];
    const { outputs, weights, biases } = convSizes(args);
    return [read(x, xStride), read(w, weights), read(b, biases), write(y, outputs)];
  },
  conv2d_weight_gradient: (args) => {
    const [x, xStride, dz, dw, db] = args.slice(7) as [number, number, number, number, number];
    const { outputs, weights, biases } = convSizes(args);
    return [read(x, xStride), read(dz, outputs), write(dw, weights), write(db, biases)];
  },
  conv2d_input_gradient: (args) => {
    const [dz, w, dx, dxStride] = args.slice(7) as [number, number, number, number];
    const { outputs, weights } = convSizes(args);
    return [read(dz, outputs), read(w, weights), write(dx, dxStride)];
  },
  huber_td_loss: ([B, A, q, actions, targets, isWeights, tdErrors, losses]) => [
    read(q!, 4 * B! * A!),
    ...[actions!, targets!, isWeights!].map((address) => read(address, 4 * B!)),
    write(tdErrors!, 4 * B!),
    write(losses!, 4),
  ],
  huber_td_gradient: ([B, A, tdErrors, actions, isWeights, scale, dq]) => [
    ...[tdErrors!, actions!, isWeights!].map((address) => read(address, 4 * B!)),
    read(scale!, 0),
    write(dq!, 4 * B! * A!),
  ],
  gradient_norms: ([parameters, table, norms], tableAt) => [
    ...tableRows(parameters!, table!, tableAt).map(({ stride, gradient }) => read(gradient, stride)),
    write(norms!, 8),
  ],
  clip_scales: ([norms, , scales]) => [read(norms!, 8), write(scales!, 8)],
  adam: ([parameters, table, scales], tableAt) => [
    read(scales!, 8),
    ...tableRows(parameters!, table!, tableAt).flatMap(({ stride, value, gradient, moments }) => [
      read(gradient, stride),
      ...[value, ...moments].map((address) => write(address, stride)),
    ]),
  ],
};

/** Arguments of a flat kernel: the place of its count, and the places of addresses with the bytes of one counted thing. */
interface FlatShape {
  readonly count: number;
  readonly reads: readonly (readonly [place: number, bytes: number])[];
  readonly writes: readonly (readonly [place: number, bytes: number])[];
  /** It rounds its count up to four, so a network's values must be whole vectors. */
  readonly isVectors?: boolean;
}

const FLAT_SHAPES: Readonly<Record<FlatKernelName, (args: readonly number[]) => FlatShape>> = {
  td_target: ([, A]) => ({
    count: 0,
    reads: [[2, 4 * A!], [3, 4 * A!], [4, 4], [5, 4]],
    writes: [[7, 4]],
  }),
  dueling_forward: ([, A]) => ({ count: 0, reads: [[2, 4 * A!], [3, 4]], writes: [[4, 4 * A!]] }),
  dueling_gradient: ([, A]) => ({ count: 0, reads: [[2, 4 * A!]], writes: [[3, 4 * A!], [4, 4]] }),
  argmax_rows: ([, A]) => ({ count: 0, reads: [[2, 4 * A!]], writes: [[3, 4]] }),
  activation_gradient: () => ({ count: 1, reads: [[2, 4], [3, 4]], writes: [[4, 4]], isVectors: true }),
  binary: ([, , , aIsScalar, , bIsScalar]) => ({
    count: 1,
    reads: [[2, aIsScalar ? 0 : 4], [4, bIsScalar ? 0 : 4]],
    writes: [[6, 4]],
    isVectors: true,
  }),
  unary: () => ({ count: 1, reads: [[2, 4]], writes: [[3, 4]], isVectors: true }),
  int_to_float: () => ({ count: 0, reads: [[1, 4]], writes: [[2, 4]], isVectors: true }),
};

/**
 * A call cut into networks; undefined where it cannot be.
 * @param networks P of the calls around it, for kernels that do not know
 */
export function networkCall(
  { name, args }: RecordedCall,
  networks: number,
  tableAt: TableAt,
): NetworkCall | undefined {
  if (name in FLAT_SHAPES) return flatCall(name as FlatKernelName, args, networks);
  if (!(name in RANGE_ACCESSES) || args[0] !== 0) return undefined;
  const rest = args.slice(2);
  const accesses = RANGE_ACCESSES[name as keyof typeof RANGE_ACCESSES](rest, tableAt);
  if (accesses.some(({ isWrite, stride }) => isWrite && stride === 0)) return undefined;
  const operation = RANGE_OPERATIONS.find((operation) => operation.name === name)!;
  const numbers = Float64Array.from(rest);
  return {
    name: operation.name,
    args: rest,
    networks: args[1]!,
    accesses,
    work: args[1]! * operation.work(numbers, tableAt),
    columns: operation.columns?.count(numbers) ?? 0,
  };
}

function flatCall(name: FlatKernelName, args: readonly number[], networks: number): NetworkCall | undefined {
  const { count: place, reads, writes, isVectors } = FLAT_SHAPES[name](args);
  const count = args[place]! / networks;
  if (!Number.isInteger(count) || isVectors && count % 4 !== 0) return undefined;
  const strides = args.map(() => 0);
  for (const [place, bytes] of [...reads, ...writes]) strides[place] = bytes * count;
  return {
    name,
    args,
    flat: { place, count, strides },
    networks,
    accesses: [
      ...reads.map(([place]) => read(args[place]!, strides[place]!)),
      ...writes.map(([place]) => write(args[place]!, strides[place]!)),
    ],
    work: args[place]!,
    columns: 0,
  };
}

/** What a call that is computed by one thread uses, where that is known. */
export function wholeAccesses({ name, args }: RecordedCall): readonly Access[] | undefined {
  return name === "total" ? [read(args[1]!, 0), write(args[2]!, 0)] : undefined;
}
