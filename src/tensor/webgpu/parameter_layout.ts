/**
 * Where a network's parameters stand in the GPU's memory.
 * @module
 */
import type { LayerPlan, QNetworkPlan } from "../q_network_plan.ts";

/** A layer and where its parameters begin. */
export interface PlacedLayer {
  readonly plan: LayerPlan;
  /** Of the weights [K, O], behind which the biases [O] stand as row K; in values from the network's begin. */
  readonly offset: number;
  /** K: weights of one output. */
  readonly K: number;
  /** O: outputs, or channels of them. */
  readonly O: number;
}

/** A named parameter of one network. */
export interface PlacedParameter {
  /** Such as `fc1.weight`, as `QNetworks` calls it. */
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  /** Of one network, as the variables of `QNetworks` have it behind P. */
  readonly shape: readonly number[];
}

/**
 * The parameters of one network in one row, so that a stack of networks is a matrix [P, size]: torso before advantage
 * before value, weights before biases, the order of `QNetworks.parameters`.
 */
export class ParameterLayout {
  readonly torso: readonly PlacedLayer[];
  readonly advantage: readonly PlacedLayer[];
  readonly value: readonly PlacedLayer[];
  readonly parameters: readonly PlacedParameter[];
  /** Values a network. */
  readonly size: number;

  constructor(plan: QNetworkPlan) {
    let size = 0;
    const place = (layer: LayerPlan): PlacedLayer => {
      const O = layer.weightShape.at(-1)!;
      const K = layer.weightShape.slice(0, -1).reduce((product, length) => product * length, 1);
      const offset = size;
      size += (K + 1) * O;
      return { plan: layer, offset, K, O };
    };
    this.torso = plan.torso.map(place);
    this.advantage = plan.advantage.map(place);
    this.value = plan.value.map(place);
    this.size = size;
    this.parameters = this.layers.flatMap(({ plan: { name, weightShape }, offset, K, O }) => [
      { name: `${name}.weight`, offset, size: K * O, shape: weightShape },
      { name: `${name}.bias`, offset: offset + K * O, size: O, shape: [1, O] },
    ]);
  }

  /** All layers in the order of their parameters. */
  get layers(): readonly PlacedLayer[] {
    return [...this.torso, ...this.advantage, ...this.value];
  }

  /**
   * The matrix [P, size] of parameters that are given one by one.
   * @param values each [P, …], in the order of {@link parameters}
   * @throws {RangeError} if sizes differ
   */
  join(values: readonly Float32Array[], P: number): Float32Array<ArrayBuffer> {
    const rows = new Float32Array(P * this.size);
    for (const [index, { name, offset, size }] of this.parameters.entries()) {
      const own = values[index];
      if (own?.length !== P * size) {
        throw new RangeError(`Cannot restore ${name}: ${own?.length} values, expected ${P * size}`);
      }
      for (let p = 0; p < P; p++) {
        rows.set(own.subarray(p * size, (p + 1) * size), p * this.size + offset);
      }
    }
    return rows;
  }

  /** Inverse of {@link join}: every parameter [P, …]. */
  split(rows: Float32Array, P: number): Float32Array[] {
    return this.parameters.map(({ offset, size }) => {
      const own = new Float32Array(P * size);
      for (let p = 0; p < P; p++) {
        const begin = p * this.size + offset;
        own.set(rows.subarray(begin, begin + size), p * size);
      }
      return own;
    });
  }
}
