import type { ParallelEnv } from "relay/env/parallel_env.ts";
import { EnvWrapper, type ObservationSpace } from "./env_wrapper.ts";

/** Where one agent's observation is read and written. */
export interface ObservationPlace {
  readonly from: Float32Array;
  readonly to: Float32Array;
  /** Index of the agent's row: its copy · N + its number. */
  readonly row: number;
  /** 0 … N−1. */
  readonly agent: number;
}

/** A function of one observation that remembers nothing. */
export interface ObservationMap {
  readonly space: ObservationSpace;
  /** Writes the new observation of a row; rows have the inner and the new length. */
  readonly write: (place: ObservationPlace) => void;
}

/** An environment whose observations pass through a function, `obs` and `nextObs` alike. */
export class MappedObservations extends EnvWrapper {
  readonly #write: ObservationMap["write"];
  /** `[E·N]` each, made once. */
  readonly #obsPlaces: readonly ObservationPlace[];
  readonly #nextObsPlaces: readonly ObservationPlace[];

  constructor(inner: ParallelEnv, { space, write }: ObservationMap) {
    super(inner, space);
    this.#write = write;
    const rows = Array.from({ length: this.E * this.N }, (_, row) => ({ row, agent: row % this.N }));
    this.#obsPlaces = rows.map((row) => ({ ...row, from: inner.obs, to: this.obs }));
    this.#nextObsPlaces = rows.map((row) => ({ ...row, from: inner.nextObs, to: this.nextObs }));
    this.#showFresh();
  }

  override reset(seeds?: ArrayLike<number>): void {
    super.reset(seeds);
    this.#showFresh();
  }

  override step(actions: Int32Array): void {
    this.stepInner(actions);
    for (const place of this.#nextObsPlaces) this.#write(place);
    this.obs.set(this.nextObs);
    for (let e = 0; e < this.E; e++) if (this.hasEnded(e)) this.#writeObsOf(e);
  }

  override load(saved: Uint8Array): void {
    super.load(saved);
    this.#showFresh();
  }

  #showFresh(): void {
    for (let e = 0; e < this.E; e++) this.#writeObsOf(e);
    this.nextObs.set(this.obs);
  }

  #writeObsOf(e: number): void {
    for (let row = e * this.N; row < (e + 1) * this.N; row++) this.#write(this.#obsPlaces[row]!);
  }
}
