// Elements of the player. A part of the player, see replay_scripts.ts. Whatever comes from the data is set as text.

const SPEEDS = [0.5, 1, 2, 4, 8, 16];
const BOARD_PIXELS = 460;

// deno-lint-ignore no-unused-vars
function numberOf(value, digits) {
  return value.toFixed(digits).replace("-", "−");
}

function textOf(tag, text, style = {}) {
  const made = document.createElement(tag);
  if (text !== "") made.textContent = text;
  Object.assign(made.style, style);
  return made;
}

/** The player around its canvas: `whole` holds all the others. */
// deno-lint-ignore no-unused-vars
function replayElements(episode, canvas) {
  const controls = replayControls(episode);
  const { play, slider, speed, agentChoice } = controls;
  const words = {
    stepText: textOf("span", "", { minWidth: "8.5em" }),
    returnText: textOf("span", ""),
    leftText: textOf("span", ""),
    legend: textOf("div", "", { display: "flex", flexWrap: "wrap", gap: "0.2em 1.1em" }),
    details: textOf("div", "", { minHeight: `${6.6 + 1.45 * episode.actions.length}em` }),
  };
  const row = { display: "flex", flexWrap: "wrap", gap: "0.5em 0.8em", alignItems: "center" };
  const numbers = textOf("div", "", { ...row, gap: "0.2em 1.2em", fontVariantNumeric: "tabular-nums" });
  numbers.append(words.stepText, words.returnText, words.leftText);
  const controlRow = textOf("div", "", row);
  controlRow.append(play, slider, speed);
  const board = textOf("div", "", {
    display: "grid",
    gap: "0.6em",
    flex: `1 1 ${BOARD_PIXELS}px`,
    maxWidth: `${BOARD_PIXELS}px`,
    minWidth: "0",
  });
  board.append(canvas, controlRow, numbers, words.legend);
  const look = textOf("label", "Look at ", { display: "block", marginBottom: "0.7em" });
  look.append(agentChoice);
  const side = textOf("div", "", { flex: "1 1 15em", maxWidth: "24em", minWidth: "0" });
  side.append(look, words.details);
  const columns = textOf("div", "", { display: "flex", flexWrap: "wrap", gap: "1em 1.6em" });
  columns.append(board, side);
  return { ...controls, ...words, whole: replayFrame(episode.title, columns) };
}

function replayControls({ steps, agents }) {
  const play = textOf("button", "▶ Play", { minWidth: "6.5em", padding: "0.35em 0.8em" });
  play.type = "button";
  const slider = textOf("input", "", { flex: "1 1 8em", minWidth: "0", margin: "0" });
  Object.assign(slider, { type: "range", min: 0, max: steps, step: 1, value: 0 });
  slider.setAttribute("aria-label", "Joint step");
  const speed = textOf("select", "", { padding: "0.3em" });
  speed.setAttribute("aria-label", "Speed");
  for (const factor of SPEEDS) speed.append(new Option(`${factor}×`, factor, factor === 2, factor === 2));
  const agentChoice = textOf("select", "", { padding: "0.3em", maxWidth: "100%" });
  agentChoice.setAttribute("aria-label", "Agent");
  agentChoice.append(new Option("nobody", -1), ...agents.map((name, i) => new Option(name, i)));
  return { play, slider, speed, agentChoice };
}

/** Takes the keyboard's focus, so that keys work anywhere in the player. */
function replayFrame(title, columns) {
  const whole = textOf("div", "", {
    font: '14px/1.45 Inter, "Segoe UI", "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif',
    outlineOffset: "4px",
  });
  whole.tabIndex = 0;
  whole.setAttribute("role", "group");
  whole.setAttribute("aria-label", `${title}. Space plays and pauses, arrow keys step.`);
  whole.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take the keys for itself
  whole.append(textOf("p", title, { margin: "0 0 0.6em", fontWeight: "600" }), columns);
  return whole;
}
