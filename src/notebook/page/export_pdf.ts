import { pathToFileURL } from "node:url";
import { NotebookError } from "relay/notebook/notebook_file.ts";

/** Where Chromium and its kin stand on Linux, macOS and Windows. */
const BROWSERS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

/** How much time the page is given to draw, milliseconds of its own clock: it passes at once when the page waits for nothing. */
const DRAWING_MS = 60_000;
/** How long the browser may take in all, milliseconds. */
const LIMIT_MS = 120_000;

/** How to print. */
export interface PdfOptions {
  /** The browser's program; looked for unless given. */
  readonly browser?: string;
}

/**
 * Prints a page as Chromium does, A4.
 * @param page HTML of `exportHtml`
 * @returns PDF
 * @throws {NotebookError} when no Chromium is found, or it does not print
 */
export async function exportPdf(
  page: string,
  { browser = findBrowser() }: PdfOptions = {},
): Promise<Uint8Array> {
  if (!browser) {
    throw new NotebookError(
      "Cannot make a PDF: no Chromium, Chrome or Edge found. Install one, or open the HTML page in any browser and print it",
    );
  }
  const folder = await Deno.makeTempDir({ prefix: "relay-pdf-" });
  try {
    await Deno.writeTextFile(`${folder}/page.html`, page);
    await print(browser, folder);
    return await Deno.readFile(`${folder}/page.pdf`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The first browser that can print, if any. */
export function findBrowser(): string | undefined {
  return BROWSERS.find(isFile);
}

async function print(browser: string, folder: string): Promise<void> {
  const args = [
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    `--user-data-dir=${folder}/profile`,
    "--no-pdf-header-footer",
    `--virtual-time-budget=${DRAWING_MS}`,
    `--print-to-pdf=${folder}/page.pdf`,
    pathToFileURL(`${folder}/page.html`).href,
  ];
  // Chromium's sandbox refuses to run as root, as in containers.
  if (Deno.build.os === "linux" && Deno.uid() === 0) args.unshift("--no-sandbox");
  const { success, code, stderr } = await outputOf(browser, args);
  if (success && isFile(`${folder}/page.pdf`)) return;
  const lastLine = new TextDecoder().decode(stderr).trim().split("\n").at(-1) ?? "";
  throw new NotebookError(
    `Cannot make a PDF: ${browser} printed nothing and ended with code ${code} (${lastLine})`,
  );
}

async function outputOf(browser: string, args: readonly string[]): Promise<Deno.CommandOutput> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const command = new Deno.Command(browser, { args: [...args], signal, stdout: "null", stderr: "piped" });
  try {
    return await command.output();
  } catch (error) {
    throw new NotebookError(
      `Cannot make a PDF: ${browser} cannot be started (${(error as Error).message})`,
    );
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
