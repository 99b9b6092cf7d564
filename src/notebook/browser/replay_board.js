// Draws the board at a moment of an episode. A part of the player, see replay_scripts.ts.

/** Steps for which an entity fades after it is gone. */
const FADE_STEPS = 4;

/**
 * The board as a canvas. `time` counts steps; between two of them entities glide, unless the reader wants no motion.
 * `draw` takes the time, the agent looked at (−1: nobody) and the colours; `agentAt` finds the agent under a pointer.
 */
// deno-lint-ignore no-unused-vars
function replayBoard(episode, { walls, entities, cellAt }) {
  const { width, height, groups, agents, sight } = episode;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const canvas = textOf("canvas", "", {
    display: "block",
    width: "100%",
    boxSizing: "border-box",
    aspectRatio: `${width} / ${height}`,
    borderRadius: "6px",
    touchAction: "manipulation",
  });
  canvas.setAttribute("role", "img");
  const counted = groups.map(({ name, count }) => `${count} ${name}${count === 1 ? "" : "s"}`).join(", ");
  canvas.setAttribute("aria-label", `Board of ${width} × ${height} cells: ${counted}`);
  const context = canvas.getContext("2d");
  return { canvas, draw, agentAt };

  /** Column and row on the canvas, counted from its top left corner. */
  function placeOf(cell) {
    const row = Math.floor(cell / width);
    return [cell % width, episode.yAxis === "up" ? height - 1 - row : row];
  }

  /** The last step up to now at which the entity is there, looking back no further than it fades; -1 when there is none. */
  function lastSeen(k, time) {
    const now = Math.floor(time);
    for (let step = now; step > now - FADE_STEPS && step >= 0; step--) {
      if (cellAt(k, step) !== GONE) return step;
    }
    return -1;
  }

  /** Where an entity is at `time`. */
  function placeAt(k, time) {
    const step = lastSeen(k, time);
    const part = calm.matches || step < Math.floor(time) ? 0 : time - step;
    const from = cellAt(k, step);
    const to = part > 0 ? cellAt(k, step + 1) : from;
    const [x0, y0] = placeOf(from);
    const [x1, y1] = placeOf(to === GONE ? from : to);
    const isJump = Math.abs(x1 - x0) > 1 || Math.abs(y1 - y0) > 1;
    return isJump ? [x0, y0] : [x0 + (x1 - x0) * part, y0 + (y1 - y0) * part];
  }

  function agentAt(event, time) {
    const box = canvas.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width * width - 0.5;
    const y = (event.clientY - box.top) / box.height * height - 0.5;
    let nearest = -1;
    let least = 0.9;
    for (let i = 0; i < agents.length; i++) {
      if (cellAt(i, Math.floor(time)) === GONE) continue;
      const [ax, ay] = placeAt(i, time);
      const distance = Math.hypot(ax - x, ay - y);
      if (distance < least) [nearest, least] = [i, distance];
    }
    return nearest;
  }

  function draw({ time, looked, colors }) {
    const ratio = globalThis.devicePixelRatio || 1;
    const pixels = Math.max(1, Math.round(canvas.clientWidth * ratio));
    const tall = Math.max(1, Math.round(pixels * height / width));
    if (canvas.width !== pixels || canvas.height !== tall) {
      Object.assign(canvas, { width: pixels, height: tall });
    }
    const size = pixels / width;
    context.fillStyle = colors.paper;
    context.fillRect(0, 0, pixels, tall);
    drawGrid(size, colors);
    if (looked >= 0 && sight !== null) drawSight(placeAt(looked, time), size, colors);
    drawWalls(size, colors);
    const scene = { time, looked, colors, size, together: entitiesOfCells(Math.floor(time)) };
    let first = entities;
    for (let g = groups.length - 1; g >= 0; g--) {
      const { role, count } = groups[g];
      const looks = { role, color: colorOfGroup(groups, g, colors) };
      first -= count;
      for (let k = first; k < first + count; k++) drawEntity(k, looks, scene);
    }
    context.globalAlpha = 1;
  }

  function drawGrid(size, { grid }) {
    context.fillStyle = grid;
    const thin = Math.max(1, Math.round(size / 30));
    for (let x = 1; x < width; x++) context.fillRect(Math.round(x * size), 0, thin, canvas.height);
    for (let y = 1; y < height; y++) context.fillRect(0, Math.round(y * size), canvas.width, thin);
  }

  function drawWalls(size, { wall }) {
    for (let cell = 0; cell < walls.length; cell++) {
      if (walls[cell]) drawWall(cell, size, wall);
    }
  }

  function drawWall(cell, size, color) {
    const [x, y] = placeOf(cell).map((at) => Math.round(at * size));
    context.fillStyle = color;
    context.fillRect(x, y, Math.ceil(size), Math.ceil(size));
  }

  function drawSight([x, y], size, colors) {
    const reach = (sight - 1) / 2;
    const box = [(x - reach) * size, (y - reach) * size, sight * size, sight * size];
    context.fillStyle = colors.sight;
    context.fillRect(...box);
    context.strokeStyle = colors.sightLine;
    context.lineWidth = Math.max(1, size / 14);
    context.strokeRect(...box);
  }

  /** Who stands in a cell together. */
  function entitiesOfCells(step) {
    const together = new Map();
    for (let k = 0; k < entities; k++) {
      const cell = cellAt(k, step);
      if (cell !== GONE) together.set(cell, [...(together.get(cell) ?? []), k]);
    }
    return together;
  }

  function drawEntity(k, { role, color }, { time, looked, colors, size, together }) {
    const seen = lastSeen(k, time);
    if (seen < 0) return;
    const step = Math.floor(time);
    if (role === "wall") return drawWall(cellAt(k, step), size, color);
    context.globalAlpha = seen === step ? 1 : 0.75 * (1 - (time - seen - 1) / FADE_STEPS);
    const mates = seen === step ? together.get(cellAt(k, step)) : [k];
    const crowd = mates.length;
    const angle = 2 * Math.PI * mates.indexOf(k) / crowd - Math.PI / 4;
    const shift = crowd > 1 ? 0.22 : 0;
    const [column, row] = placeAt(k, time);
    const x = (column + 0.5 + shift * Math.cos(angle)) * size;
    const y = (row + 0.5 + shift * Math.sin(angle)) * size;
    const radius = size * (crowd > 1 ? 0.27 : 0.4);
    context.beginPath();
    if (role === "agent") context.arc(x, y, radius, 0, 2 * Math.PI);
    else diamond(x, y, radius * 0.85);
    context.fillStyle = color;
    context.fill();
    context.lineWidth = Math.max(1, size / 16);
    context.strokeStyle = k === looked ? colors.ink : colors.paper;
    context.stroke();
    if (role === "agent" && radius >= 6) number(k, { x, y, radius, color: colors.onAgent });
  }

  function number(k, { x, y, radius, color }) {
    context.fillStyle = color;
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
