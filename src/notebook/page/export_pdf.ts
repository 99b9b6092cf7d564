import { pathToFileURL } from "node:url";
import { NotebookError } from "relay/notebook/notebook_file.ts";
import { DevTools } from "relay/notebook/page/dev_tools.ts";

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

/** How long the browser may take in all, milliseconds. */
const LIMIT_MS = 120_000;
/** How often the page is asked whether it is drawn, milliseconds. */
const POLL_MS = 50;
/** How often the browser's folder is tried to be removed. */
const REMOVALS = 40;

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
    return await print(browser, folder);
  } finally {
    await removeFolder(folder);
  }
}

/** The first browser that can print, if any. */
export function findBrowser(): string | undefined {
  return BROWSERS.find(isFile);
}

/** `--print-to-pdf` would print whatever is drawn by then: on a busy machine that left figures out in one of eight runs. */
async function print(browser: string, folder: string): Promise<Uint8Array> {
  const process = start(browser, `${folder}/profile`);
  const timer = setTimeout(() => process.kill("SIGKILL"), LIMIT_MS);
  try {
    const tab = await DevTools.openTab(await addressOf(process));
    const pdf = await printTab(tab, pathToFileURL(`${folder}/page.html`).href);
    tab.close();
    return pdf;
  } catch (error) {
    throw new NotebookError(`Cannot make a PDF: ${browser} did not print (${(error as Error).message})`);
  } finally {
    clearTimeout(timer);
    await end(process);
  }
}

async function printTab(tab: DevTools, url: string): Promise<Uint8Array> {
  await tab.send("Emulation.setEmulatedMedia", { media: "print" });
  await tab.send("Page.navigate", { url });
  while (await tab.evaluate("document.documentElement?.dataset.page") !== "ready") {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  const { data } = await tab.send("Page.printToPDF", { preferCSSPageSize: true, printBackground: true });
  return Uint8Array.fromBase64(String(data));
}

function start(browser: string, profile: string): Deno.ChildProcess {
  const args = [
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    `--user-data-dir=${profile}`,
    "--remote-debugging-port=0",
    "about:blank",
  ];
  // Chromium's sandbox refuses to run as root, as in containers.
  if (Deno.build.os === "linux" && Deno.uid() === 0) args.unshift("--no-sandbox");
  try {
    return new Deno.Command(browser, { args, stdin: "null", stdout: "null", stderr: "piped" }).spawn();
  } catch (error) {
    throw new NotebookError(`Cannot make a PDF: ${browser} cannot be started (${(error as Error).message})`);
  }
}

/** Where the browser listens, as it says itself; what it says later is read and dropped. */
async function addressOf({ stderr }: Deno.ChildProcess): Promise<string> {
  const reader = stderr.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    said += part.value;
    const address = /DevTools listening on (ws:\/\/127\.0\.0\.1:\S+)\s/.exec(said)?.[1];
    if (address === undefined) continue;
    drop(reader);
    return address;
  }
  throw new Error(said.trim().split("\n").at(-1) || "it ended");
}

async function drop(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await reader.read()).done);
}

async function end(process: Deno.ChildProcess): Promise<void> {
  try {
    process.kill("SIGTERM");
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has ended already
  }
  await process.status;
}

/** The browser's helpers outlive it by moments and write into the profile meanwhile; a folder that stays is no failure. */
async function removeFolder(path: string): Promise<void> {
  for (let attempt = 0; attempt < REMOVALS; attempt++) {
    try {
      return await Deno.remove(path, { recursive: true });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
