// Says what an agent does and expects. A part of the player, see replay_scripts.ts.

const END_WORDS = {
  terminated: "The game is over.",
  truncated: "The time is up.",
  cut: "The recording ends here.",
};

/** The elements that describe an agent at a step: what it does, what it earns, and its Q-values or probabilities as bars. */
// deno-lint-ignore no-unused-vars
function agentDetails({ episode, data, agent, step, colors }) {
  const { agents, actions, steps, end } = episode;
  const isProbable = episode.numbers === "probabilities";
  if (agent < 0) {
    const what = isProbable ? "how probable each action is" : "what it expects of each action";
    const hint = `Point at an agent, or tap it, to see how far it sees and ${what}.`;
    return [textOf("p", hint, { margin: "0", color: colors.muted })];
  }
  const name = textOf("p", agents[agent], { margin: "0", fontWeight: "600" });
  if (step >= steps) return [name, textOf("p", END_WORDS[end], { margin: "0.3em 0", color: colors.muted })];
  const row = step * agents.length + agent;
  const chosen = data.chosenActions[row];
  const words = `takes ${actions[chosen]}, reward ${numberOf(data.rewards[row], 2)}`;
  const doing = textOf("p", words, { margin: "0 0 0.6em", color: colors.muted });
  if (!data.q) return [name, doing];
  const A = actions.length;
  const values = data.q.subarray(row * A, (row + 1) * A);
  const scale = isProbable
    ? { least: 0, most: 1, shortest: 0 }
    : { least: Math.min(...values), most: Math.max(...values), shortest: 4 };
  const bars = valueBars(values, { actions, chosen, colors, scale });
  const legend = isProbable
    ? "Probabilities of the actions, of which one was drawn or the largest taken; a bar's length is the probability."
    : "Q-values; a bar's length is its place between this step's lowest and highest.";
  const style = { margin: "0.5em 0 0", fontSize: "0.86em", color: colors.muted };
  return [name, doing, ...bars, textOf("p", legend, style)];
}

/** A line an action, the one taken marked. */
function valueBars(values, { actions, chosen, colors, scale: { least, most, shortest } }) {
  const span = most - least;
  // Room for names such as "attack (-1, -1)": about 0.58 em a character, bold.
  const nameEm = Math.min(Math.max(5.5, ...actions.map(({ length }) => 0.58 * length)), 9);
  return actions.map((name, a) => {
    const isChosen = a === chosen;
    const line = textOf("div", "", {
      display: "grid",
      gridTemplateColumns: `1em minmax(3em, ${nameEm}em) 1fr 4.5em`,
      gap: "0.4em",
      alignItems: "center",
      fontWeight: isChosen ? "600" : "400",
    });
    const track = textOf("span", "", { display: "block", height: "0.75em" });
    const share = span > 0 ? (values[a] - least) / span : 1;
    track.append(textOf("span", "", {
      display: "block",
      height: "100%",
      width: `${shortest + (100 - shortest) * share}%`,
      borderRadius: "3px",
      background: isChosen ? colors.chosen : colors.bar,
    }));
    const action = textOf("span", name, {
      overflow: "hidden",
      textOverflow: "ellipsis",
      whiteSpace: "nowrap",
    });
    const number = textOf("span", numberOf(values[a], 2), {
      textAlign: "right",
      fontVariantNumeric: "tabular-nums",
    });
    line.append(textOf("span", isChosen ? "▸" : ""), action, track, number);
    return line;
  });
}
