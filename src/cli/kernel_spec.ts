/**
 * The kernel named `deno`, which the notebooks ask for. Our go-between gets what it needs and no more; the kernel that it starts has
 * all permissions, whatever deno.json says.
 *
 * @param root the folder of deno.json
 */
export function kernelSpec(root: string): Record<string, unknown> {
  return {
    argv: [
      Deno.execPath(), // the program itself, also under npx
      "run",
      "--quiet",
      "--no-prompt",
      "--allow-read",
      "--allow-write",
      "--allow-env",
      "--allow-sys",
      "--allow-run",
      "--allow-net=127.0.0.1",
      `--config=${root}/deno.json`,
      `${root}/src/cli/lab_kernel.ts`,
      "{connection_file}",
    ],
    display_name: "Deno",
    language: "typescript",
    interrupt_mode: "message",
  };
}
