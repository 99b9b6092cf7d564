// Controls, keyboard and timing of the player. A part of it, see replay_scripts.ts.

const STEPS_A_SECOND = 5;

/**
 * Plays a recorded episode (EpisodeView of notebook/relay_output.ts) inside an element, which keeps what it shows until the data is
 * unpacked. Whatever comes from the data is drawn or set as text.
 */
// deno-lint-ignore no-unused-vars
async function relayPlayReplay(element, episode) {
  const { groups, agents, steps } = episode;
  let data;
  try {
    data = await unpackEpisode(episode);
  } catch (error) {
    element.replaceChildren(textOf("p", `The episode could not be read: ${error.message}`));
    return;
  }
  const { teamReturns, cellAt } = data;
  let time = 0; // in steps; between two of them while playing
  let isPlaying = false;
  let isVisible = true;
  let frame = 0;
  let before = 0;
  let pinned = agents.length > 0 ? 0 : -1;
  let hovered = -1;
  let colors = REPLAY_LIGHT;

  const { canvas, draw, agentAt } = replayBoard(episode, data);
  const elements = replayElements(episode, canvas);
  const { play, slider, speed, agentChoice, whole: player } = elements;
  agentChoice.value = pinned;
  element.replaceChildren(player);
  const theme = followTheme(element, () => player.isConnected && retheme());
  listen();
  retheme();
  element.dataset.replay = "ready";

  function listen() {
    play.addEventListener("click", toggle);
    slider.addEventListener("input", () => goTo(Number(slider.value)));
    agentChoice.addEventListener("change", () => pin(Number(agentChoice.value)));
    canvas.addEventListener("pointermove", (event) => {
      hover(event.pointerType === "mouse" ? agentAt(event, time) : -1);
    });
    canvas.addEventListener("pointerleave", () => hover(-1));
    canvas.addEventListener("click", (event) => {
      const agent = agentAt(event, time);
      pin(agent === pinned ? -1 : agent);
    });
    player.addEventListener("keydown", onKey);
    document.addEventListener("visibilitychange", schedule);
    new ResizeObserver(redraw).observe(canvas);
    new IntersectionObserver(([entry]) => {
      isVisible = entry.isIntersecting;
      retheme(); // JupyterLab takes outputs out of the page and puts them back
      schedule();
    }).observe(canvas);
  }

  function onKey(event) {
    const isChoosing = event.target === speed || event.target === agentChoice;
    if (isChoosing || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === " " && event.target === play) return; // the button's own click
    const now = Math.floor(time);
    const targets = { ArrowLeft: now - 1, ArrowRight: now + 1, Home: 0, End: steps };
    if (event.key === " ") toggle();
    else if (event.key in targets) goTo(targets[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  function retheme() {
    colors = theme.colors();
    player.style.color = colors.ink;
    player.style.colorScheme = theme.isDark() ? "dark" : "light";
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
    elements.legend.style.color = colors.muted;
    const signs = { agent: "●", other: "◆", wall: "■" };
    const marks = groups.map(({ name, role }, g) => [signs[role], colorOfGroup(groups, g, colors), name]);
    if (data.walls.includes(1) && groups.every(({ role }) => role !== "wall")) {
      marks.push(["■", colors.wall, "wall"]);
    }
    elements.legend.replaceChildren(...marks.map(([mark, color, name]) => {
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

  function looked() {
    return hovered >= 0 ? hovered : pinned;
  }

  function update() {
    const step = Math.floor(time);
    play.textContent = isPlaying ? "❚❚ Pause" : "▶ Play";
    slider.value = step;
    slider.setAttribute("aria-valuetext", `step ${step} of ${steps}`);
    elements.stepText.textContent = `step ${step} of ${steps}`;
    elements.returnText.textContent = returnsAt(step);
    elements.leftText.textContent = leftAt(step);
    elements.details.replaceChildren(...agentDetails({ episode, data, agent: looked(), step, colors }));
    redraw();
  }

  function redraw() {
    draw({ time, looked: looked(), colors });
  }

  /** "team return −3.0", or "return: red −3.0, blue 2.1" where more than one team is played. */
  function returnsAt(step) {
    if (teamReturns.length === 1) return `team return ${numberOf(teamReturns[0].sums[step], 1)}`;
    return `return: ${teamReturns.map(({ team, sums }) => `${team} ${numberOf(sums[step], 1)}`).join(", ")}`;
  }

  /** "12 of 30 evaders left". */
  function leftAt(step) {
    return groups.map(({ name, role, count }, g) => {
      if (role !== "other") return "";
      const first = groups.slice(0, g).reduce((sum, group) => sum + group.count, 0);
      let left = 0;
      for (let k = first; k < first + count; k++) left += cellAt(k, step) === GONE ? 0 : 1;
      return `${left} of ${count} ${name}s left`;
    }).filter(Boolean).join(", ");
  }
}
