/** Trains the small run into the folder given, with a checkpoint after every update: the victim of kill_test.ts. */
import { train } from "relay/train/train.ts";
import { SMALL_RUN } from "./small_run.ts";

for await (const _ of train(SMALL_RUN, { runsDir: Deno.args[0]!, checkpointEverySeconds: 0 }));
