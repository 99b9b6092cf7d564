/**
 * Chromium for tests of pages.
 * @module
 */
import type { Browser } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Whether tests with a browser can run here. */
export function hasChromium(): boolean {
  try {
    return Deno.statSync(CHROMIUM).isFile;
  } catch {
    return false;
  }
}

/** A headless browser; close it after the tests. */
export async function launchChromium(): Promise<Browser> {
  // Playwright asks /proc whether it runs under WSL as soon as it is imported, which Deno allows to programs with all
  // permissions only; with this variable set it waits until it needs to know, and on Linux it never does.
  Deno.env.set("__IS_WSL_TEST__", "1");
  try {
    const { chromium } = await import("playwright-core");
    return await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  } finally {
    Deno.env.delete("__IS_WSL_TEST__");
  }
}
