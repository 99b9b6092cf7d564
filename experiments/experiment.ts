import type { ShareConfig } from "relay/share/share_config.ts";
import type { Claim } from "relay/stats/claim.ts";
import type { SeacTrainConfig, TrainConfig } from "relay/train/config.ts";

/** A preset is a whole config but for the seed. */
export type Preset = Omit<TrainConfig, "seed">;

/** The same for an actor-critic learner. */
export type ActorCriticPreset = Omit<SeacTrainConfig, "seed">;

/** Settings of the learner that an arm may change. */
export type ArmSettings = Partial<Omit<Preset, "preset" | "share">>;

/** One way of sharing in a comparison. */
export interface Arm {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  readonly share: ShareConfig;
  /** What else it changes of the preset. */
  readonly settings?: ArmSettings;
  /** Another learner in the place of the preset's, whole, by the preset's name; `share` then only says how its agents share. */
  readonly learner?: Readonly<Record<string, ActorCriticPreset>>;
}

/** A paper's experiment as data, run by the command line and notebooks alike. */
export interface Experiment {
  /** File name without its ending. */
  readonly name: string;
  readonly title: string;
  readonly presets: Readonly<Record<string, Preset>>;
  /** Runs an arm, unless asked otherwise. */
  readonly seeds: Readonly<Record<string, number>>;
  /** In the order of tables and legends; the first is the baseline. */
  readonly arms: readonly Arm[];
  /** Names of the arms that run unless asked otherwise, by preset; all of them where a preset is not named. */
  readonly defaultArms?: Readonly<Record<string, readonly string[]>>;
  /** What each preset's runs are held against. */
  readonly claims: Readonly<Record<string, readonly Claim[]>>;
  /** What each preset changes against the paper, and what it cannot show; for the page. */
  readonly notes: Readonly<Record<string, readonly string[]>>;
  /** The notebook that shows it, with what it has to be told for that; its namesake unless given. */
  readonly notebook?: { readonly name: string; readonly parameters: Readonly<Record<string, string>> };
}
