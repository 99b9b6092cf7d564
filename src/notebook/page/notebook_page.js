// Brings a page to life: switches, figures, replays. With the scripts before it, it is hashed into the Content-Security-Policy; so is
// Plotly's text, which is why adding Plotly as an inline script element passes a policy that allows no other script.
(async () => {
  const PRINT_WIDTH_PX = 680;
  const root = document.documentElement;
  const controls = document.querySelector(".controls");
  const themeSelect = document.getElementById("theme");
  const systemDark = matchMedia("(prefers-color-scheme: dark)");
  const paper = matchMedia("print");
  const darkColors = readJson("dark-colors");
  const plots = [...document.querySelectorAll("[data-figure]")];
  let isPrinting = paper.matches;
  let Plotly;

  function readJson(id) {
    return JSON.parse(document.getElementById(id).textContent);
  }

  async function startPlotly() {
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
    if (isPrinting) return false;
    return themeSelect.value === "" ? systemDark.matches : themeSelect.value === "dark";
  }

  async function draw(plot) {
    if (plot.dataset.failed) return;
    const figure = readJson(plot.dataset.figure);
    const boxes = [...document.querySelectorAll("[data-role]")];
    const hiddenRoles = boxes.filter((box) => !box.checked).map((box) => box.dataset.role);
    const options = { isDark: isDark(), darkColors, hiddenRoles };
    // The page is laid out for paper only after the figures are drawn, so their size has to be said.
    if (isPrinting) {
      const height = Math.round(0.82 * figure.layout.height);
      options.size = { width: PRINT_WIDTH_PX, height, autosize: false };
    }
    try {
      await relayDrawFigure(Plotly, plot, figure, options);
    } catch (error) {
      fail(plot, error);
    }
  }

  /** What readers without scripts see is shown in the place of a figure that cannot be drawn. */
  function fail(plot, error) {
    plot.dataset.failed = "true";
    const words = plot.nextElementSibling?.textContent ?? "";
    const src = /src="(data:image\/[a-z+]+;base64,[A-Za-z0-9+/=]+)"/.exec(words)?.[1];
    const still = document.createElement(src ? "img" : "p");
    if (src) Object.assign(still, { src, alt: plot.getAttribute("aria-label") });
    else still.textContent = `This figure could not be drawn (${error.message}).`;
    plot.replaceChildren(still);
  }

  function drawAll() {
    return Promise.all(plots.map(draw));
  }

  function applyTheme() {
    if (themeSelect.value === "") delete root.dataset.theme;
    else root.dataset.theme = themeSelect.value;
  }

  function print(value) {
    isPrinting = value;
    if (Plotly) drawAll();
  }

  controls.hidden = false;
  themeSelect.addEventListener("change", () => {
    applyTheme();
    if (Plotly) drawAll();
  });
  systemDark.addEventListener("change", () => Plotly && drawAll());
  document.getElementById("code").addEventListener("change", ({ target }) => {
    for (const details of document.querySelectorAll("[data-code]")) details.open = target.checked;
  });
  for (const box of document.querySelectorAll("[data-role]")) {
    box.addEventListener("change", () => Plotly && drawAll());
  }
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));

  for (const place of document.querySelectorAll("[data-replay-data]")) {
    try {
      await relayPlayReplay(place, readJson(place.dataset.replayData));
    } catch (error) {
      place.textContent = `This episode could not be shown (${error.message}).`;
    }
  }
  if (plots.length > 0) {
    try {
      Plotly = await startPlotly();
      // One after the other, so that the first is there before the last is begun.
      for (const plot of plots) await draw(plot);
    } catch (error) {
      for (const plot of plots) fail(plot, error);
      const message = document.getElementById("plot-error");
      message.hidden = false;
      message.textContent = `The figures could not be drawn (${error.message}); stills stand in their place.`;
    }
  }
  root.dataset.page = "ready";
})();
