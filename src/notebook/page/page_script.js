// The page's only script of its own. Its text is hashed into the Content-Security-Policy, and so is Plotly's, which is why
// adding Plotly as an inline script element passes a policy that allows no other script.
(async () => {
  "use strict";
  const PRINT_SIZE_PX = { width: 660, height: 330 };
  const root = document.documentElement;
  const themeSelect = document.getElementById("theme");
  const systemDark = matchMedia("(prefers-color-scheme: dark)");
  const darkColors = readJson("dark-colors");
  const plots = [...document.querySelectorAll(".plot")];
  let printing = false;

  function readJson(id) {
    return JSON.parse(document.getElementById(id).textContent);
  }

  async function loadPlotly() {
    const packed = atob(document.getElementById("plotly").textContent);
    const bytes = Uint8Array.from(packed, (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
    if (!globalThis.Plotly) throw new Error("Plotly did not start");
    return globalThis.Plotly;
  }

  function isDark() {
    if (printing) return false;
    return themeSelect.value === "" ? systemDark.matches : themeSelect.value === "dark";
  }

  // Only values of colour keys are exchanged, so that a label that looks like a colour stays what it is.
  function inDark(value, isColor) {
    if (typeof value === "string") {
      return isColor && Object.hasOwn(darkColors, value) ? darkColors[value] : value;
    }
    if (Array.isArray(value)) return value.map((item) => inDark(item, isColor));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [key, inDark(child, /color$|^colorway$/.test(key))]),
    );
  }

  function figureOf(plot) {
    const figure = readJson(plot.id.replace("plot-", "data-"));
    const { data, layout } = isDark() ? inDark(figure, false) : figure;
    const shown = Object.fromEntries(
      [...document.querySelectorAll("[data-role]")].map((box) => [box.dataset.role, box.checked]),
    );
    const isCurves = data.some((trace) => trace.meta.role === "curve");
    const before = new Map(
      (plot.data ?? []).map((trace) => [trace.meta.arm, trace.visible === "legendonly"]),
    );
    for (const trace of data) {
      if (before.get(trace.meta.arm)) trace.visible = "legendonly";
      else if (isCurves && shown[trace.meta.role] === false) trace.visible = false;
    }
    // A finger that scrolls the page must not zoom the figure.
    layout.dragmode = matchMedia("(pointer: coarse)").matches ? false : "zoom";
    // The page is laid out for paper only after the figures are drawn, so their size has to be said.
    if (printing) {
      layout.width = PRINT_SIZE_PX.width;
      layout.height = PRINT_SIZE_PX.height;
    }
    return { data, layout };
  }

  function config(plot) {
    return {
      responsive: true,
      displaylogo: false,
      modeBarButtons: [["toImage", "resetScale2d"]],
      toImageButtonOptions: { format: "svg", filename: plot.id.replace("plot-", "") },
    };
  }

  function drawAll(Plotly) {
    return Promise.all(plots.map((plot) => {
      const { data, layout } = figureOf(plot);
      return Plotly.react(plot, data, layout, config(plot));
    }));
  }

  function applyTheme() {
    if (themeSelect.value === "") delete root.dataset.theme;
    else root.dataset.theme = themeSelect.value;
  }

  try {
    const Plotly = await loadPlotly();
    const redraw = () => {
      applyTheme();
      return drawAll(Plotly);
    };
    await redraw();
    themeSelect.addEventListener("change", redraw);
    systemDark.addEventListener("change", redraw);
    for (const box of document.querySelectorAll("[data-role]")) box.addEventListener("change", redraw);
    for (const [event, value] of [["beforeprint", true], ["afterprint", false]]) {
      addEventListener(event, () => {
        printing = value;
        drawAll(Plotly);
      });
    }
    root.dataset.plots = "drawn";
  } catch (error) {
    const message = document.getElementById("plot-error");
    message.hidden = false;
    message.textContent =
      `The figures could not be drawn (${error.message}). Every number they show is in the tables below.`;
  }
})();
