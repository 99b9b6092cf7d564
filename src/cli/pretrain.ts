/** `deno task pretrain`: trains both teams of a game and keeps one team's policies as the other's opponents. */
import type { Args } from "@std/cli/parse-args";
import {
  ADVERSARIAL_PURSUIT,
  PRESETS as ADVERSARIAL_PURSUIT_PRESETS,
} from "experiments/super_adversarial_pursuit.ts";
import { BATTLE, PRESETS as BATTLE_PRESETS } from "experiments/super_battle.ts";
import {
  choiceFlag,
  type Command,
  folderFlag,
  integerFlag,
  onlyChoice,
  printLine,
  runCommand,
} from "relay/cli/command.ts";
import { onInterrupt } from "relay/cli/interrupt.ts";
import { type Json, withOverrides } from "relay/cli/overrides.ts";
import { Progress, terminal } from "relay/cli/progress.ts";
import { StopFlag } from "relay/cluster/worker_pool.ts";
import { runIdOf, type TrainInput } from "relay/train/config.ts";
import { pretrainConfig, storePolicies } from "relay/train/pretrain.ts";
import { runAll } from "relay/train/run_all.ts";

const HELP = `
Makes the opponents of an experiment of two teams: trains both teams with independent double DQN, nothing shared, and stores the greedy
policies of the team that will be played against, as .safetensors and .json with their origin. The same command goes on where it was stopped.

Usage: deno task pretrain battle|adversarial_pursuit [--preset fc|paper] [--env-steps N] [--set key=value]... [--seed N] [--out DIR]

  --preset NAME     network and settings of the experiment; fc unless given
  --env-steps N     joint steps; the paper's budget unless given
  --set key=value   changes one setting; may be repeated
  --seed N          root of every random number; 1 unless given
  --runs DIR        folder of the run; runs unless given
  --out DIR         folder of the policies; experiments/opponents unless given
  --threads N       threads that share the networks; the cores of this machine unless given

To play against them: --set opponents.policies=PATH, the path that this command prints.

Examples:
  deno task pretrain battle --env-steps 100000
  deno task pretrain adversarial_pursuit --preset paper --seed 7 --out runs/opponents
`;

const GAMES = {
  battle: { game: BATTLE, presets: BATTLE_PRESETS },
  adversarial_pursuit: { game: ADVERSARIAL_PURSUIT, presets: ADVERSARIAL_PURSUIT_PRESETS },
};

const command: Command = {
  help: HELP,
  string: ["preset", "env-steps", "set", "seed", "runs", "out", "threads"],
  collect: ["set"],
  run,
};

async function run(args: Args): Promise<number> {
  const [name, { game, presets }] = onlyChoice(args, ["pretrain", "game"], GAMES);
  const presetName = String(args.preset ?? "fc");
  const preset = choiceFlag("preset", presetName, { fc: presets.fc, paper: presets.paper });
  const envSteps = integerFlag(args, "env-steps", 1);
  const assignments = [
    ...(envSteps === undefined ? [] : [`totalEnvSteps=${envSteps}`]),
    ...(args.set as string[]),
  ];
  const input = { ...preset, seed: integerFlag(args, "seed", 0) ?? 1 };
  const changed = withOverrides(input as unknown as Json, assignments);
  // the team whose policies are kept is the one that is counted; its opponents are the experiment's learners
  const config = pretrainConfig(changed as unknown as TrainInput, game.team);
  const runsDir = folderFlag(args, "runs", "runs");
  const threads = integerFlag(args, "threads", 1);
  printLine(`Training both teams: ${runsDir}/${runIdOf(config)}`);
  const progress = new Progress(1, { ...terminal(), label: () => `pretrain ${name}` });
  const stop = new StopFlag();
  const endOfInterrupts = onInterrupt(() => stop.set());
  const [result] = await runAll([config], {
    runsDir,
    workers: 1,
    stop,
    ...(threads === undefined ? {} : { threads }),
    onRows: (_, rows) => progress.update(config, rows),
    onFinished: () => progress.finish(config),
  });
  progress.end();
  endOfInterrupts();
  if (result!.error) throw result!.error;
  if (!result!.isFinished) {
    printLine("Stopped; everything is kept. The same command goes on from here.");
    return 130;
  }
  const into = `${folderFlag(args, "out", "experiments/opponents")}/${name}/${game.opponents}_${presetName}`;
  printLine(`Stored ${await storePolicies(config, { runsDir, into })}`);
  return 0;
}

if (import.meta.main) await runCommand(command);
