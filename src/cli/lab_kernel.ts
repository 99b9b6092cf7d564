/**
 * The kernel that `deno task lab` gives to JupyterLab: `lab_kernel.ts CONNECTION_FILE`. It runs in the notebook's folder.
 * @module
 */
import type { ConnectionFile } from "relay/notebook/kernel/jupyter_wire.ts";
import { ProxyKernel } from "relay/notebook/kernel/proxy_kernel.ts";

/** How often it is looked whether JupyterLab is still there, milliseconds. */
const PARENT_CHECK_MS = 1000;

const connection = JSON.parse(await Deno.readTextFile(Deno.args[0]!)) as ConnectionFile;
const kernel = new ProxyKernel(connection, Deno.cwd());
if (Deno.build.os !== "windows") {
  // A whole process group is interrupted at once, so that the kernel has heard it too.
  Deno.addSignalListener("SIGINT", () => kernel.interrupt({ isHeard: true }));
  Deno.addSignalListener("SIGTERM", () => kernel.end(0));
}
const parent = Deno.ppid;
setInterval(() => {
  if (Deno.ppid !== parent) kernel.end(1);
}, PARENT_CHECK_MS);
Deno.exit(await kernel.exited);
