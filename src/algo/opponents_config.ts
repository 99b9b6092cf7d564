import * as v from "valibot";

/** The team that is played against, as every learner's config has it. */
export const OPPONENT_FIELDS = {
  team: v.pipe(
    v.string(),
    v.description("name of the team that is played against, such as red; returns are the other team's alone"),
  ),
  policies: v.exactOptional(v.pipe(
    v.string(),
    v.description(
      "stored policies that it acts by and that never change; absent: it learns, each of its agents on its own",
    ),
  )),
};
