/**
 * Starts Plotly in a live front end and draws every figure that waits in `window.relayQueue`, now and from then on: outputs may
 * stand before or after the loader. Figures follow the front end's theme and their own width.
 *
 * @param {string} plotlyGzip source text of Plotly, gzipped, base64
 * @param {Record<string, string>} darkColors for each light colour the dark one
 */
// deno-lint-ignore no-unused-vars -- called by the loader output
async function relayStartLive(plotlyGzip, darkColors) {
  const inflate = async () => {
    const bytes = Uint8Array.from(atob(plotlyGzip), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
    return globalThis.Plotly;
  };
  const Plotly = await (globalThis.relayPlotly ??= inflate());
  const isDark = () => {
    const { jpThemeLight, vscodeThemeKind } = document.body.dataset;
    return jpThemeLight === "false" || /dark|^vscode-high-contrast$/.test(vscodeThemeKind ?? "");
  };
  // Front ends take outputs out of the document while they are out of sight, so a lost element is known by collection only.
  const drawn = (globalThis.relayDrawn ??= new Set());
  const live = (globalThis.relayLive ??= new Map());
  const redraw = (element) =>
    relayDrawFigure(Plotly, element, element.relayFigure, { isDark: isDark(), darkColors });

  /** An output that is updated in place keeps its element by key, and with it the reader's view of the figure. */
  const draw = async (place, figure, key = null) => {
    const known = key === null ? undefined : live.get(key)?.deref();
    const element = known ?? place;
    if (element !== place) place.replaceWith(element);
    element.relayFigure = figure;
    await redraw(element);
    if (known) return;
    if (key !== null) live.set(key, new WeakRef(element));
    drawn.add(new WeakRef(element));
    let width = element.clientWidth;
    new ResizeObserver(() => {
      if (element.clientWidth === width || element.clientWidth === 0) return;
      width = element.clientWidth;
      Plotly.Plots.resize(element);
    }).observe(element);
  };

  const run = (task) => task(Plotly, draw);
  const waiting = globalThis.relayQueue ?? [];
  globalThis.relayQueue = { push: run };
  if (Array.isArray(waiting)) waiting.forEach(run);

  globalThis.relayThemeObserver?.disconnect();
  globalThis.relayThemeObserver = new MutationObserver(() => {
    for (const reference of drawn) {
      const element = reference.deref();
      if (element) redraw(element);
      else drawn.delete(reference);
    }
  });
  const attributeFilter = ["data-jp-theme-light", "data-vscode-theme-kind"];
  globalThis.relayThemeObserver.observe(document.body, { attributes: true, attributeFilter });
}
