/**
 * Taking down kernel calls.
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { HeapBackend, HeapBlocks, HeapRecording } from "../heap_backend.ts";
import { BlockPool } from "./block_pool.ts";
import type { RecordedCall } from "./kernel_accesses.ts";

/** A recording at work, and what it has taken down. */
export class Recording implements HeapRecording {
  readonly calls: RecordedCall[] = [];
  /** To be done before each replay. */
  readonly preparations: (() => void)[] = [];
  /** Why it cannot be replayed, if so. */
  refusal: string | undefined;
  readonly pool: BlockPool;
  readonly #backend: HeapBackend;
  readonly #made = new Set<tf.DataId>();
  readonly #places = new Map<tf.DataId, number>();
  readonly #variables = new Map<tf.Variable, tf.DataId>();

  constructor(backend: HeapBackend) {
    this.#backend = backend;
    this.pool = new BlockPool(backend.blocks);
  }

  get blocks(): HeapBlocks {
    return this.pool;
  }

  add(name: RecordedCall["name"], args: readonly (number | boolean)[]): void {
    this.calls.push({ name, args: args.map(Number) });
  }

  usesTensor(tensor: tf.TensorInfo, address: number): void {
    this.#places.set(tensor.dataId, address);
    if (tensor instanceof tf.Variable) this.#variables.set(tensor, tensor.dataId);
  }

  makes(dataId: tf.DataId): void {
    this.#made.add(dataId);
  }

  hasMade(dataId: tf.DataId): boolean {
    return this.#made.has(dataId);
  }

  beforeReplay(prepare: () => void): void {
    this.preparations.push(prepare);
  }

  refuse(why: string): void {
    this.refusal ??= why;
  }

  /** Whether all tensors that were there before are where they were. */
  isCurrent(): boolean {
    for (const [variable, dataId] of this.#variables) if (variable.dataId !== dataId) return false;
    for (const [dataId, place] of this.#places) if (this.#backend.placeOf(dataId) !== place) return false;
    return true;
  }
}
