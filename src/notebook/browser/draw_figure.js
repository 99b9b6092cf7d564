/**
 * Draws a figure into an element, or draws it again in another theme: the reader's zoom and what the legend hides stay.
 * A plain script, so that live outputs and exported pages can embed its text.
 *
 * @param {object} Plotly the library
 * @param {HTMLElement} element what it holds before the first drawing, such as a still, is replaced
 * @param {{data: object[], layout: object}} figure in light colours; it is not changed
 * @param {object} options
 * @param {boolean} options.isDark
 * @param {Record<string, string>} options.darkColors for each light colour the dark one
 * @param {readonly string[]} [options.hiddenRoles] `meta.role` of traces that are not drawn
 * @param {{width: number, height: number}} [options.size] pixels, for paper; unless given the element's width counts
 * @returns {Promise<unknown>} when it is drawn
 */
// deno-lint-ignore no-unused-vars -- called by the scripts that embed this one
function relayDrawFigure(Plotly, element, figure, { isDark, darkColors, hiddenRoles = [], size }) {
  // Only values of colour keys are exchanged, so that a label that looks like a colour stays what it is.
  const recoloured = (value, isColor) => {
    if (typeof value === "string") {
      return isColor && isDark && Object.hasOwn(darkColors, value) ? darkColors[value] : value;
    }
    if (Array.isArray(value)) return value.map((item) => recoloured(item, isColor));
    if (value === null || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [key, recoloured(child, /color$|^colorway$/i.test(key))]),
    );
  };
  const nameOf = (trace) => trace.meta?.arm ?? trace.name;
  const { data, layout } = recoloured({ data: figure.data, layout: figure.layout }, false);
  const before = element.data ?? [];
  const hidden = new Set(before.filter((trace) => trace.visible === "legendonly").map(nameOf));
  for (const trace of data) {
    if (hidden.has(nameOf(trace))) trace.visible = "legendonly";
    else if (hiddenRoles.includes(trace.meta?.role)) trace.visible = false;
  }
  // A finger that scrolls the page must not zoom the figure.
  layout.dragmode = matchMedia("(pointer: coarse)").matches ? false : "zoom";
  for (const key of Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name))) {
    layout[key].uirevision = "kept";
  }
  Object.assign(layout, size);
  if (before.length === 0 && !element._fullLayout) element.replaceChildren();
  return Plotly.react(element, data, layout, {
    responsive: size === undefined,
    displaylogo: false,
    modeBarButtons: [["toImage", "resetScale2d"]],
    toImageButtonOptions: { format: "svg", filename: figure.layout.meta?.fileName ?? "figure" },
  });
}
