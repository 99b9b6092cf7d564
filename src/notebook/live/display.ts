/**
 * The one door to the front end: JupyterLab, VS Code and the runner all receive what is displayed here.
 * @module
 */

/** The same thing for different readers, by MIME type; each front end takes the richest that it knows. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** Whether this process is a notebook's kernel. */
export function isInKernel(): boolean {
  try {
    return Deno.jupyter !== undefined;
  } catch {
    return false;
  }
}

/**
 * Shows a bundle under the running cell; outside a notebook it does nothing.
 * @param options `displayId` names the output, `update` replaces the output of that name in place
 */
export async function display(
  bundle: MimeBundle,
  options: { readonly displayId?: string; readonly update?: boolean } = {},
): Promise<void> {
  if (!isInKernel()) return;
  await Deno.jupyter.broadcast(options.update ? "update_display_data" : "display_data", {
    data: { ...bundle },
    metadata: {},
    transient: options.displayId === undefined ? {} : { display_id: options.displayId },
  });
}
