/**
 * Plays a recorded episode (EpisodeView of notebook/relay_output.ts) inside an element, which keeps what it shows until the data is unpacked.
 * A plain script that stands alone: it is part of exported pages and of notebooks' outputs. Whatever comes from the data is drawn or set as text.
 */
// deno-lint-ignore no-unused-vars
async function relayPlayReplay(element, episode) {
  const { width, height, groups, agents, actions, steps, sight, qRange } = episode;
  const GONE = 0xffff;
  const STEPS_A_SECOND = 5;
  const SPEEDS = [0.5, 1, 2, 4, 8, 16];
  const FADE_STEPS = 4;
  const BOARD_PIXELS = 460;
  const N = agents.length;
  const A = actions.length;
  const entities = groups.reduce((sum, { count }) => sum + count, 0);
  const LIGHT = {
    ink: "#1b1f24",
    muted: "#57606a",
    line: "#aeb6bf",
    paper: "#ffffff",
    grid: "#e6e9ed",
    wall: "#9aa3ad",
    agent: "#c65200",
    other: "#0072b2",
    onAgent: "#ffffff",
    sight: "rgba(214, 140, 0, 0.17)",
    sightLine: "#b87900",
    bar: "#aeb6bf",
    chosen: "#2f76e0",
  };
  const DARK = {
    ink: "#e7eaee",
    muted: "#a3acb7",
    line: "#4c5560",
    paper: "#14171b",
    grid: "#262b31",
    wall: "#4c5560",
    agent: "#ff9248",
    other: "#5cb8f2",
    onAgent: "#14171b",
    sight: "rgba(255, 190, 70, 0.16)",
    sightLine: "#e0a63c",
    bar: "#4c5560",
    chosen: "#4b8ff7",
  };

  let data;
  try {
    data = await unpackAll();
  } catch (error) {
    element.replaceChildren(textOf("p", `The episode could not be read: ${error.message}`));
    return;
  }
  const { walls, cells, chosenActions, rewards, q } = data;
  const teamReturns = runningReturns();

  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const print = matchMedia("print");
  let colors = LIGHT;
  let time = 0; // in steps; between two of them while playing
  let isPlaying = false;
  let isVisible = true;
  let frame = 0;
  let before = 0;
  let pinned = N > 0 ? 0 : -1;
  let hovered = -1;

  const canvas = textOf("canvas", "", {
    display: "block",
    width: "100%",
    boxSizing: "border-box",
    aspectRatio: `${width} / ${height}`,
    borderRadius: "6px",
    touchAction: "manipulation",
  });
  const play = textOf("button", "▶ Play", { minWidth: "6.5em", padding: "0.35em 0.8em" });
  const slider = textOf("input", "", { flex: "1 1 8em", minWidth: "0", margin: "0" });
  const speed = textOf("select", "", { padding: "0.3em" });
  const agentChoice = textOf("select", "", { padding: "0.3em", maxWidth: "100%" });
  const stepText = textOf("span", "", { minWidth: "8.5em" });
  const returnText = textOf("span", "");
  const leftText = textOf("span", "");
  const legend = textOf("div", "", { display: "flex", flexWrap: "wrap", gap: "0.2em 1.1em" });
  const details = textOf("div", "", { minHeight: `${6.6 + 1.45 * A}em` });
  const title = textOf("p", episode.title, { margin: "0 0 0.6em", fontWeight: "600" });
  const player = build();
  element.replaceChildren(player);
  const context = canvas.getContext("2d");
  listen();
  retheme();
  element.dataset.replay = "ready";

  function textOf(tag, text, style = {}) {
    const made = document.createElement(tag);
    if (text !== "") made.textContent = text;
    Object.assign(made.style, style);
    return made;
  }

  async function unpackAll() {
    const { packed } = episode;
    const parts = {
      walls: await unpack(packed.walls, Uint8Array, width * height),
      cells: await unpack(packed.cells, Uint16Array, (steps + 1) * entities),
      chosenActions: await unpack(packed.actions, Uint8Array, steps * N),
      rewards: await unpack(packed.rewards, Float32Array, steps * N),
    };
    return packed.q && qRange ? { ...parts, q: await unpack(packed.q, Uint16Array, steps * N * A) } : parts;
  }

  async function unpack(base64, Values, length) {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
    const values = new Values(length);
    const target = new Uint8Array(values.buffer);
    let at = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (at + part.value.length > target.length) throw new Error("its arrays are longer than it says");
      target.set(part.value, at);
      at += part.value.length;
    }
    if (at < target.length) throw new Error("its arrays are shorter than it says");
    return values;
  }

  /** Team return before each step and after the last. */
  function runningReturns() {
    const sums = new Float64Array(steps + 1);
    for (let t = 0; t < steps; t++) {
      let sum = sums[t];
      for (let i = 0; i < N; i++) sum += rewards[t * N + i];
      sums[t + 1] = sum;
    }
    return sums;
  }

  function build() {
    play.type = "button";
    Object.assign(slider, { type: "range", min: 0, max: steps, step: 1, value: 0 });
    slider.setAttribute("aria-label", "Joint step");
    speed.setAttribute("aria-label", "Speed");
    for (const factor of SPEEDS) speed.append(new Option(`${factor}×`, factor, factor === 2, factor === 2));
    agentChoice.setAttribute("aria-label", "Agent");
    agentChoice.append(new Option("nobody", -1), ...agents.map((name, i) => new Option(name, i)));
    agentChoice.value = pinned;
    canvas.setAttribute("role", "img");
    const counted = groups.map(({ name, count }) => `${count} ${name}${count === 1 ? "" : "s"}`).join(", ");
    canvas.setAttribute("aria-label", `Board of ${width} × ${height} cells: ${counted}`);
    const row = { display: "flex", flexWrap: "wrap", gap: "0.5em 0.8em", alignItems: "center" };
    const numbers = textOf("div", "", {
      ...row,
      gap: "0.2em 1.2em",
      fontVariantNumeric: "tabular-nums",
    });
    numbers.append(stepText, returnText, leftText);
    const controls = textOf("div", "", row);
    controls.append(play, slider, speed);
    const board = textOf("div", "", {
      display: "grid",
      gap: "0.6em",
      flex: `1 1 ${BOARD_PIXELS}px`,
      maxWidth: `${BOARD_PIXELS}px`,
      minWidth: "0",
    });
    board.append(canvas, controls, numbers, legend);
    const look = textOf("label", "Look at ", { display: "block", marginBottom: "0.7em" });
    look.append(agentChoice);
    const side = textOf("div", "", { flex: "1 1 15em", maxWidth: "24em", minWidth: "0" });
    side.append(look, details);
    const columns = textOf("div", "", { display: "flex", flexWrap: "wrap", gap: "1em 1.6em" });
    columns.append(board, side);
    const whole = textOf("div", "", {
      font: '14px/1.45 Inter, "Segoe UI", "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif',
      outlineOffset: "4px",
    });
    whole.tabIndex = 0;
    whole.setAttribute("role", "group");
    whole.setAttribute("aria-label", `${episode.title}. Space plays and pauses, arrow keys step.`);
    whole.dataset.lmSuppressShortcuts = "true"; // JupyterLab would take the keys for itself
    whole.append(title, columns);
    return whole;
  }

  function listen() {
    play.addEventListener("click", toggle);
    slider.addEventListener("input", () => goTo(Number(slider.value)));
    agentChoice.addEventListener("change", () => pin(Number(agentChoice.value)));
    canvas.addEventListener(
      "pointermove",
      (event) => hover(event.pointerType === "mouse" ? agentAt(event) : -1),
    );
    canvas.addEventListener("pointerleave", () => hover(-1));
    canvas.addEventListener("click", (event) => {
      const agent = agentAt(event);
      pin(agent === pinned ? -1 : agent);
    });
    player.addEventListener("keydown", onKey);
    document.addEventListener("visibilitychange", schedule);
    for (const query of [prefersDark, print]) query.addEventListener("change", retheme);
    new ResizeObserver(draw).observe(canvas);
    new IntersectionObserver(([entry]) => {
      isVisible = entry.isIntersecting;
      retheme(); // JupyterLab takes outputs out of the page and puts them back
      schedule();
    }).observe(canvas);
    const observer = new MutationObserver(() => player.isConnected && retheme());
    const attributeFilter = ["data-theme", "data-jp-theme-light", "data-vscode-theme-kind", "class", "style"];
    observer.observe(document.documentElement, { attributes: true, attributeFilter });
    observer.observe(document.body, { attributes: true, attributeFilter });
  }

  function onKey(event) {
    if (
      event.target === speed || event.target === agentChoice || event.altKey || event.ctrlKey || event.metaKey
    ) {
      return;
    }
    if (event.key === " " && event.target === play) return; // the button's own click
    const now = Math.floor(time);
    const targets = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: steps };
    if (event.key === " ") toggle();
    else if (event.key in targets) goTo(targets[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function isDark() {
    if (print.matches) return false;
    const { theme } = document.documentElement.dataset;
    if (theme === "dark" || theme === "light") return theme === "dark";
    const { jpThemeLight, vscodeThemeKind } = document.body.dataset;
    if (jpThemeLight !== undefined) return jpThemeLight === "false";
    if (vscodeThemeKind !== undefined) return vscodeThemeKind.includes("dark");
    const scheme = getComputedStyle(element).colorScheme;
    return scheme.includes("dark") && (!scheme.includes("light") || prefersDark.matches);
  }

  function retheme() {
    const dark = isDark();
    colors = dark ? DARK : LIGHT;
    player.style.color = colors.ink;
    player.style.colorScheme = dark ? "dark" : "light";
    canvas.style.border = `1px solid ${colors.line}`;
    for (const control of [play, speed, agentChoice]) {
      Object.assign(control.style, {
        font: "inherit",
        color: colors.ink,
        background: colors.paper,
        border: `1px solid ${colors.line}`,
        borderRadius: "6px",
      });
    }
    slider.style.accentColor = colors.chosen;
    legend.style.color = colors.muted;
    const marks = groups.map(({ name, role }) =>
      role === "agent" ? ["●", colors.agent, name] : ["◆", colors.other, name]
    );
    if (walls.includes(1)) marks.push(["■", colors.wall, "wall"]);
    legend.replaceChildren(...marks.map(([mark, color, name]) => {
      const entry = textOf("span", "");
      entry.append(textOf("span", `${mark} `, { color }), name);
      return entry;
    }));
    update();
  }

  function toggle() {
    isPlaying = !isPlaying;
    if (isPlaying && time >= steps) time = 0;
    schedule();
    update();
  }

  function goTo(step) {
    isPlaying = false;
    time = Math.min(Math.max(step, 0), steps);
    schedule();
    update();
  }

  function pin(agent) {
    pinned = agent;
    agentChoice.value = agent;
    update();
  }

  function hover(agent) {
    if (agent === hovered) return;
    hovered = agent;
    canvas.style.cursor = agent < 0 ? "" : "pointer";
    update();
  }

  /** Frames are asked for only while something moves and is seen. */
  function schedule() {
    cancelAnimationFrame(frame);
    if (isPlaying && isVisible && !document.hidden && player.isConnected) {
      before = performance.now();
      frame = requestAnimationFrame(tick);
    }
  }

  function tick(now) {
    time = Math.min(time + Math.max(now - before, 0) / 1000 * STEPS_A_SECOND * Number(speed.value), steps);
    before = now;
    if (time >= steps) isPlaying = false;
    update();
    if (isPlaying && player.isConnected) frame = requestAnimationFrame(tick);
  }

  function update() {
    const step = Math.floor(time);
    play.textContent = isPlaying ? "❚❚ Pause" : "▶ Play";
    slider.value = step;
    slider.setAttribute("aria-valuetext", `step ${step} of ${steps}`);
    stepText.textContent = `step ${step} of ${steps}`;
    returnText.textContent = `team return ${numberOf(teamReturns[step], 1)}`;
    leftText.textContent = groups.map(({ name, role, count }, g) => {
      if (role === "agent") return "";
      const first = groups.slice(0, g).reduce((sum, group) => sum + group.count, 0);
      let left = 0;
      for (let k = first; k < first + count; k++) left += cellAt(k, step) === GONE ? 0 : 1;
      return `${left} of ${count} ${name}s left`;
    }).filter(Boolean).join(", ");
    describe(step);
    draw();
  }

  function numberOf(value, digits) {
    return value.toFixed(digits).replace("-", "−");
  }

  /** The Q-values of the agent looked at, as bars, with the action that it takes. */
  function describe(step) {
    const agent = hovered >= 0 ? hovered : pinned;
    if (agent < 0) {
      const hint = textOf(
        "p",
        "Point at an agent, or tap it, to see how far it sees and what it expects of each action.",
        {
          margin: "0",
          color: colors.muted,
        },
      );
      return details.replaceChildren(hint);
    }
    const name = textOf("p", agents[agent], { margin: "0", fontWeight: "600" });
    if (step >= steps) {
      const over = {
        terminated: "The game is over.",
        truncated: "The time is up.",
        cut: "The recording ends here.",
      };
      return details.replaceChildren(
        name,
        textOf("p", over[episode.end], { margin: "0.3em 0", color: colors.muted }),
      );
    }
    const row = step * N + agent;
    const chosen = chosenActions[row];
    const reward = numberOf(rewards[row], 2);
    const words = textOf("p", `takes ${actions[chosen]}, reward ${reward}`, {
      margin: "0 0 0.6em",
      color: colors.muted,
    });
    details.replaceChildren(name, words, ...(q ? bars(row, chosen) : []));
    if (q) {
      details.append(
        textOf("p", "Q-values; a bar's length is its place between this step's lowest and highest.", {
          margin: "0.5em 0 0",
          fontSize: "0.86em",
          color: colors.muted,
        }),
      );
    }
  }

  function bars(row, chosen) {
    const [low, high] = qRange;
    const values = actions.map((_, a) => low + (high - low) * q[row * A + a] / 0xffff);
    const least = Math.min(...values);
    const span = Math.max(...values) - least;
    return values.map((value, a) => {
      const isChosen = a === chosen;
      const line = textOf("div", "", {
        display: "grid",
        gridTemplateColumns: "1em minmax(3em, 5.5em) 1fr 4.5em",
        gap: "0.4em",
        alignItems: "center",
        fontWeight: isChosen ? "600" : "400",
      });
      const track = textOf("span", "", { display: "block", height: "0.75em" });
      const share = span > 0 ? (value - least) / span : 1;
      track.append(textOf("span", "", {
        display: "block",
        height: "100%",
        width: `${4 + 96 * share}%`,
        borderRadius: "3px",
        background: isChosen ? colors.chosen : colors.bar,
      }));
      const action = textOf("span", actions[a], {
        overflow: "hidden",
        textOverflow: "ellipsis",
        whiteSpace: "nowrap",
      });
      const number = textOf("span", numberOf(value, 2), {
        textAlign: "right",
        fontVariantNumeric: "tabular-nums",
      });
      line.append(textOf("span", isChosen ? "▸" : ""), action, track, number);
      return line;
    });
  }

  /** Column and row on the canvas, counted from its top left corner. */
  function placeOf(cell) {
    const row = Math.floor(cell / width);
    return [cell % width, episode.yAxis === "up" ? height - 1 - row : row];
  }

  /** Cell of an entity at a step; GONE when it has none. */
  function cellAt(k, step) {
    return step < 0 ? GONE : cells[Math.min(step, steps) * entities + k];
  }

  /** The last step up to now at which the entity is there, looking back no further than it fades; -1 when there is none. */
  function lastSeen(k) {
    const now = Math.floor(time);
    for (let step = now; step > now - FADE_STEPS && step >= 0; step--) {
      if (cellAt(k, step) !== GONE) return step;
    }
    return -1;
  }

  /** Where an entity is at `time`, gliding between two steps unless motion is unwanted. */
  function placeAt(k) {
    const step = lastSeen(k);
    const part = calm.matches || step < Math.floor(time) ? 0 : time - step;
    const from = cellAt(k, step);
    const to = part > 0 ? cellAt(k, step + 1) : from;
    const [x0, y0] = placeOf(from);
    const [x1, y1] = placeOf(to === GONE ? from : to);
    const isJump = Math.abs(x1 - x0) > 1 || Math.abs(y1 - y0) > 1;
    return isJump ? [x0, y0] : [x0 + (x1 - x0) * part, y0 + (y1 - y0) * part];
  }

  function agentAt(event) {
    const box = canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * width - 0.5;
    const y = (event.clientY - box.top) / box.height * height - 0.5;
    let nearest = -1;
    let least = 0.9;
    for (let i = 0; i < N; i++) {
      if (cellAt(i, Math.floor(time)) === GONE) continue;
      const [ax, ay] = placeAt(i);
      const distance = Math.hypot(ax - x, ay - y);
      if (distance < least) [nearest, least] = [i, distance];
    }
    return nearest;
  }

  function draw() {
    const ratio = globalThis.devicePixelRatio || 1;
    const pixels = Math.max(1, Math.round(canvas.clientWidth * ratio));
    const tall = Math.max(1, Math.round(pixels * height / width));
    if (canvas.width !== pixels || canvas.height !== tall) {
      Object.assign(canvas, { width: pixels, height: tall });
    }
    const size = pixels / width;
    context.fillStyle = colors.paper;
    context.fillRect(0, 0, pixels, tall);
    drawGrid(size);
    const looked = hovered >= 0 ? hovered : pinned;
    if (looked >= 0 && sight !== null) drawSight(looked, size);
    drawWalls(size);
    const sharing = entitiesOfCells();
    let first = entities;
    for (const { role, count } of groups.toReversed()) {
      first -= count;
      for (let k = first; k < first + count; k++) drawEntity(k, role, { size, looked, sharing });
    }
    context.globalAlpha = 1;
  }

  function drawGrid(size) {
    context.fillStyle = colors.grid;
    const thin = Math.max(1, Math.round(size / 30));
    for (let x = 1; x < width; x++) context.fillRect(Math.round(x * size), 0, thin, canvas.height);
    for (let y = 1; y < height; y++) context.fillRect(0, Math.round(y * size), canvas.width, thin);
  }

  function drawWalls(size) {
    context.fillStyle = colors.wall;
    for (let cell = 0; cell < walls.length; cell++) {
      if (!walls[cell]) continue;
      const [x, y] = placeOf(cell).map((at) => Math.round(at * size));
      context.fillRect(x, y, Math.ceil(size), Math.ceil(size));
    }
  }

  function drawSight(agent, size) {
    const [x, y] = placeAt(agent);
    const reach = (sight - 1) / 2;
    const box = [(x - reach) * size, (y - reach) * size, sight * size, sight * size];
    context.fillStyle = colors.sight;
    context.fillRect(...box);
    context.strokeStyle = colors.sightLine;
    context.lineWidth = Math.max(1, size / 14);
    context.strokeRect(...box);
  }

  /** Who stands in a cell together, at the last full step. */
  function entitiesOfCells() {
    const together = new Map();
    const from = Math.floor(time) * entities;
    for (let k = 0; k < entities; k++) {
      const cell = cells[from + k];
      if (cell !== GONE) together.set(cell, [...(together.get(cell) ?? []), k]);
    }
    return together;
  }

  function drawEntity(k, role, { size, looked, sharing }) {
    const seen = lastSeen(k);
    if (seen < 0) return;
    const step = Math.floor(time);
    context.globalAlpha = seen === step ? 1 : 0.75 * (1 - (time - seen - 1) / FADE_STEPS);
    const mates = seen === step ? sharing.get(cellAt(k, step)) : [k];
    const crowd = mates.length;
    const angle = 2 * Math.PI * mates.indexOf(k) / crowd - Math.PI / 4;
    const shift = crowd > 1 ? 0.22 : 0;
    const [column, row] = placeAt(k);
    const x = (column + 0.5 + shift * Math.cos(angle)) * size;
    const y = (row + 0.5 + shift * Math.sin(angle)) * size;
    const radius = size * (crowd > 1 ? 0.27 : 0.4);
    context.beginPath();
    if (role === "agent") context.arc(x, y, radius, 0, 2 * Math.PI);
    else diamond(x, y, radius * 0.85);
    context.fillStyle = role === "agent" ? colors.agent : colors.other;
    context.fill();
    context.lineWidth = Math.max(1, size / 16);
    context.strokeStyle = k === looked ? colors.ink : colors.paper;
    context.stroke();
    if (role !== "agent" || radius < 6) return;
    context.fillStyle = colors.onAgent;
    context.font = `600 ${Math.round(radius * 1.15)}px Inter, "Segoe UI", Arial, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(String(k), x, y + radius * 0.08);
  }

  function diamond(x, y, radius) {
    context.moveTo(x, y - radius);
    context.lineTo(x + radius, y);
    context.lineTo(x, y + radius);
    context.lineTo(x - radius, y);
    context.closePath();
  }
}
