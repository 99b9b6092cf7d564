/**
 * The 32 faults that a student reproduction of SUPER ("SUPER-DDQN") was found to have (spec/super.md §12), each with what becomes of it
 * here: a fault of the code or of the settings can be switched on in our own learner by its name (`defects: ["quantileWrongTail"]`); what
 * cannot run at all is a worked example (examples.ts).
 * @module
 */

/** One fault. */
export interface Defect {
  /** Of spec/super.md §12. */
  readonly number: number;
  readonly name: string;
  /** What is wrong, in a sentence. */
  readonly what: string;
  /** What the right thing is, in a sentence. */
  readonly right: string;
  /** `switch`: other code runs; `setting`: the code is right, what it is told is not; `example`: it cannot run. */
  readonly kind: "switch" | "setting" | "example";
}

const entry = <Name extends string, Kind extends Defect["kind"]>(
  number: number,
  kind: Kind,
  name: Name,
  [what, right]: readonly [string, string],
) => Object.freeze({ number, name, what, right, kind });

/** All of them, by number. */
export const DEFECTS = Object.freeze([
  entry(1, "switch", "quantileWrongTail", [
    "The threshold is the β-quantile from the bottom: about 90 % is sent where 10 % was meant.",
    "The (1 − β)-quantile: the largest tenth is sent.",
  ]),
  entry(2, "switch", "quantileIndexWraps", [
    "While n·β < 1 the index int(n·β) − 1 is −1, which Python reads as the last: nothing exceeds the largest error.",
    "Interpolate between neighbours; any n has a quantile.",
  ]),
  entry(3, "switch", "quantileGateNeverOpens", [
    "Sharing waits until 1,500 errors are there, in a memory that keeps 1,000: it never begins.",
    "No gate: the statistic is taken over what is there.",
  ]),
  entry(4, "switch", "wholeReplayRescanned", [
    "Candidates are the whole memory every time: the same experience is sent again and again, received ones too.",
    "Only the fragment just collected is looked at; nothing is sent twice.",
  ]),
  entry(5, "switch", "staleErrors", [
    "Errors are computed once and read much later: what was surprising long ago is sent.",
    "Errors of the networks as they are now.",
  ]),
  entry(6, "switch", "senderReceivesOwn", [
    "No j ≠ i: what an agent sends arrives at itself, too.",
    "Everybody but the sender receives.",
  ]),
  entry(7, "example", "oneArgumentAppend", [
    "append is called with one list where it takes six values: TypeError at the first thing shared.",
    "One call an experience, with its six values.",
  ]),
  entry(8, "example", "inconsistentTuples", [
    "Two selectors return five fields, one returns six; the receiver needs the sixth.",
    "One type for what travels.",
  ]),
  entry(9, "switch", "foreignErrorsInWindow", [
    "Errors of received experiences enter the receiver's own statistics.",
    "An agent's window holds its own errors only.",
  ]),
  entry(10, "setting", "doubleIsNot", [
    "The target network both selects and prices the next action: plain DQN under double DQN's name.",
    "The online network selects, the target network prices.",
  ]),
  entry(11, "switch", "selectionByOtherError", [
    "Selection uses the online network's own maximum: another error than the one that is learnt from.",
    "One δ for both.",
  ]),
  entry(12, "example", "gradientGraphKept", [
    "Stored errors keep the computation behind them alive, until the GPU's memory is full.",
    "Store the number.",
  ]),
  entry(13, "example", "fieldsMissing", [
    "Four of six fields are stored: neither done nor error.",
    "All fields of a transition together, or none.",
  ]),
  entry(14, "example", "agentLoopMissing", [
    "No loop over agents when storing: one leftover variable names one agent.",
    "Everything that is an agent's has an agent axis.",
  ]),
  entry(15, "switch", "emptyAgentList", [
    "After an episode env.agents is empty: the loops over it copy no target network and share nothing.",
    "possible_agents, or an axis of fixed length.",
  ]),
  entry(16, "switch", "targetOwnStart", [
    "Target networks begin with random numbers of their own.",
    "They begin as copies.",
  ]),
  entry(17, "switch", "endsIgnored", [
    "No end is ever stored: values are bootstrapped beyond captures of the last evader and time limits alike.",
    "Both flags are stored, one of them ends the return.",
  ]),
  entry(18, "setting", "frameSkipLosesRewards", [
    "Every action is done twice in a grid world, and only the second reward is kept.",
    "No skip here; where there is one, rewards add up.",
  ]),
  entry(19, "setting", "returnCountedTwice", [
    "The test return adds the last frame's rewards twice.",
    "Once.",
  ]),
  entry(20, "example", "methodMisnamed", [
    "The option calls a method that has another name, which reads an attribute that has another name.",
    "A type checker, or one test that runs the line.",
  ]),
  entry(21, "switch", "stochasticWithoutCount", [
    "p = β·|δ| / Σ|δ|: β experiences are sent in all, not β·n.",
    "p = β·n·|δ| / Σ|δ|.",
  ]),
  entry(22, "switch", "gaussianCancellation", [
    "Variance as Σx²/n − mean² from sums in single precision: it loses its digits and may fall below zero.",
    "Differences from the mean, in double precision. (The report multiplies by σ; the healthy arm by σ², as the authors' code.)",
  ]),
  entry(23, "setting", "uniformReplay", [
    "Batches are drawn uniformly, without weights.",
    "Prioritized replay with importance weights, as in the paper.",
  ]),
  entry(24, "setting", "noDuelingHeads", [
    "No dueling heads.",
    "Q = V + A − mean A.",
  ]),
  entry(25, "setting", "observationDestroyed", [
    "Walls, allies and evaders, three channels of counts, are merged into one grey value as if they were colours.",
    "The channels stay apart.",
  ]),
  entry(26, "setting", "sharedReward", [
    "Rewards are the team's mean (the environment's default), and there are two pursuers.",
    "Every pursuer's own reward, eight of them. (Switched on here: the shared reward; two play at the end of the page.)",
  ]),
  entry(27, "setting", "otherHyperparameters", [
    "Memory of 1,000, batches of 16, ε about 0.5 throughout, target copies every ten episodes.",
    "120,000, 32, 0.1 falling to 0.001, every 1,000 joint steps.",
  ]),
  entry(28, "example", "gradientsOfData", [
    "Observations and rewards are marked as needing gradients.",
    "Gradients of parameters only.",
  ]),
  entry(29, "setting", "exploringTests", [
    "Tests explore with ε = 0.05, five episodes.",
    "Greedy, and more of them.",
  ]),
  entry(30, "setting", "burnInByFirstAgent", [
    "Learning begins when the first agent's memory has more than 300 items, whatever the others have.",
    "After 1,000 joint steps, for everybody.",
  ]),
  entry(31, "example", "videoHelperBroken", [
    "The video helper asks for a network that has another name and an interface that is gone.",
    "A helper that is run once a week.",
  ]),
  entry(32, "example", "wrongFormulas", [
    "The report's stochastic probability does not depend on the experience; its tail is ε instead of β.",
    "p grows with |δ|; the tail is β.",
  ]),
]);

/** Names that `defects` takes. */
export type DefectName = Exclude<(typeof DEFECTS)[number], { kind: "example" }>["name"];

/** Those that can be switched on, by number. */
export const DEFECT_NAMES: readonly DefectName[] = Object.freeze(
  DEFECTS.flatMap((defect) => defect.kind === "example" ? [] : [defect.name]),
);
