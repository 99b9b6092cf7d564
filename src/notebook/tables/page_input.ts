/**
 * What the tables of a comparison are made from. Nothing here is trusted: names, notes and configs may hold any text.
 * @module
 */
import type { Claim } from "relay/stats/claim.ts";
import type { PlotArm, SeededRun } from "relay/plot/comparison_input.ts";
import type { Row } from "relay/train/row.ts";

/** One run: an arm with a seed. */
export interface PageRun extends SeededRun {
  readonly rows: readonly Row[];
  /** Config, seed, commit, versions, hardware, times: plain JSON. */
  readonly manifest: Readonly<Record<string, unknown>>;
}

/** One condition of the comparison. */
export interface PageArm extends PlotArm {
  readonly description: string;
}

/** A comparison and its runs. */
export interface PageInput {
  readonly title: string;
  readonly preset: string;
  readonly runs: readonly PageRun[];
  /** In the order of tables and legends; the first is the baseline that others are compared with. */
  readonly arms: readonly PageArm[];
  readonly claims: readonly Claim[];
  /** What this preset changes against the paper and what so short a run cannot show; one sentence or more each. */
  readonly notes: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
  /** The paper's config; when given, the page lists every setting that differs. */
  readonly paperConfig?: Readonly<Record<string, unknown>>;
}
