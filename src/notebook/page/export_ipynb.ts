import { html } from "relay/notebook/html.ts";
import { type Cell, type Notebook, notebookJson, type Output } from "relay/notebook/notebook_file.ts";
import { stillUrl, textIn } from "relay/notebook/page/bundle.ts";
import { parseRelayOutput, PLOTLY_MIME, RELAY_MIME } from "relay/notebook/relay_output.ts";

/**
 * A notebook as file for JupyterLab: figures are interactive where it is trusted and stills where it is not. Plotly is kept once,
 * whatever the number of cells that brought it.
 * @returns JSON
 */
export function exportIpynb(notebook: Notebook): string {
  let hasLoader = false;
  const keep = (output: Output) => {
    if (!isLoader(output)) return true;
    const isFirst = !hasLoader;
    hasLoader = true;
    return isFirst;
  };
  const cells = notebook.cells.map((cell): Cell =>
    cell.cell_type === "code" ? { ...cell, outputs: cell.outputs.filter(keep).map(withStill) } : cell
  );
  return notebookJson({ ...notebook, cells });
}

function isLoader(output: Output): boolean {
  return "data" in output && parseRelayOutput(bundleOf(output)[RELAY_MIME])?.kind === "loader";
}

/** JupyterLab shows the HTML of a figure, sanitised where it does not trust, and never the PNG beside it: the still goes into the HTML. */
function withStill(output: Output): Output {
  if (output.output_type !== "display_data" && output.output_type !== "execute_result") return output;
  const text = textIn(output.data, "text/html");
  const still = stillUrl(output.data);
  const isFigure = PLOTLY_MIME in output.data;
  if (!isFigure || still === undefined || (text !== undefined && text.includes("<img"))) return output;
  const title = textIn(output.data, "text/plain") ?? "Figure";
  const image = html`<img alt="${title}" src="${still}" style="width:100%;max-width:700px">`.toString();
  return { ...output, data: { ...output.data, "text/html": image + (text ?? "") } };
}

function bundleOf(output: Output): Readonly<Record<string, unknown>> {
  return (output as { data: Record<string, unknown> }).data;
}
