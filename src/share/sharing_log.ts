/**
 * Accounting of what was shared: realised bandwidth in transitions and bytes, and a log of who sent what to whom.
 * @module
 */

/** One relayed transition; it went to every other member of the sender's team. */
export interface SharedTransition {
  /** Joint environment step at which it was experienced. */
  readonly envStep: number;
  /** Index of the sending agent. */
  readonly sender: number;
  /** Agents that received it. */
  readonly receivers: number;
  readonly absTdError: number;
  readonly reward: number;
}

/** Bytes of one record of the log: u32 envStep, u16 sender, u16 receivers, f32 |δ|, f32 reward, little-endian. */
export const SHARED_TRANSITION_BYTES = 16;

/** Counts since the last report, per agent, and the log's records not yet taken away. */
export class SharingLog {
  readonly #collected: Float64Array;
  readonly #sent: Float64Array;
  #bytesSent = 0;
  #records: SharedTransition[] = [];

  /** @param agents number of agents */
  constructor(agents: number) {
    this.#collected = new Float64Array(agents);
    this.#sent = new Float64Array(agents);
  }

  /** Agent i collected `transitions` of its own. */
  collected(agent: number, transitions: number): void {
    this.#collected[agent]! += transitions;
  }

  /** A transition of `transitionBytes` was relayed; the bytes count once a receiver. */
  sent(shared: SharedTransition, transitionBytes: number): void {
    this.#sent[shared.sender]! += 1;
    this.#bytesSent += transitionBytes * shared.receivers;
    this.#records.push(shared);
  }

  /** Bytes sent since the run began, over all senders and receivers. */
  get bytesSent(): number {
    return this.#bytesSent;
  }

  /** `[N]` sent / collected since the last call: each agent's realised bandwidth; NaN for one that collected nothing. */
  takeFractions(): Float64Array {
    const fractions = this.#sent.map((sent, i) => sent / this.#collected[i]!);
    this.#sent.fill(0);
    this.#collected.fill(0);
    return fractions;
  }

  /** The records since the last call in the log's binary form. */
  takeRecords(): Uint8Array {
    const bytes = encodeSharedTransitions(this.#records);
    this.#records = [];
    return bytes;
  }

  /** Everything but the records (take those first). */
  save(): { collected: number[]; sent: number[]; bytesSent: number } {
    return { collected: [...this.#collected], sent: [...this.#sent], bytesSent: this.#bytesSent };
  }

  restore(saved: ReturnType<SharingLog["save"]>): void {
    this.#collected.set(saved.collected);
    this.#sent.set(saved.sent);
    this.#bytesSent = saved.bytesSent;
    this.#records = [];
  }
}

/** Records as bytes, {@link SHARED_TRANSITION_BYTES} each. */
export function encodeSharedTransitions(records: readonly SharedTransition[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(records.length * SHARED_TRANSITION_BYTES));
  for (const [k, record] of records.entries()) {
    const at = k * SHARED_TRANSITION_BYTES;
    view.setUint32(at, record.envStep, true);
    view.setUint16(at + 4, record.sender, true);
    view.setUint16(at + 6, record.receivers, true);
    view.setFloat32(at + 8, record.absTdError, true);
    view.setFloat32(at + 12, record.reward, true);
  }
  return new Uint8Array(view.buffer);
}

/**
 * The records of a log.
 * @throws {RangeError} when the length is not a whole number of records
 *
 * @example
 * ```ts
 * import { decodeSharedTransitions, encodeSharedTransitions } from "relay/share/sharing_log.ts";
 * import { assertEquals } from "@std/assert";
 *
 * const record = { envStep: 12, sender: 3, receivers: 7, absTdError: 0.5, reward: 5 };
 * assertEquals(decodeSharedTransitions(encodeSharedTransitions([record])), [record]);
 * ```
 */
export function decodeSharedTransitions(bytes: Uint8Array): SharedTransition[] {
  if (bytes.length % SHARED_TRANSITION_BYTES !== 0) {
    throw new RangeError(
      `Cannot read a sharing log of ${bytes.length} bytes: expected a multiple of ${SHARED_TRANSITION_BYTES}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / SHARED_TRANSITION_BYTES }, (_, k) => {
    const at = k * SHARED_TRANSITION_BYTES;
    return {
      envStep: view.getUint32(at, true),
      sender: view.getUint16(at + 4, true),
      receivers: view.getUint16(at + 6, true),
      absTdError: view.getFloat32(at + 8, true),
      reward: view.getFloat32(at + 12, true),
    };
  });
}
