/**
 * Relay as a program that the bench asks for work: `deno run … test/bench/ours.ts '{"threads":2}'`, then a request a line.
 * @module
 */
import { parseRequests } from "./requests.ts";
import { prepareWork } from "./work.ts";

const { threads = 1, engine } = JSON.parse(Deno.args[0] ?? "{}") as { threads?: number; engine?: string };
const encoder = new TextEncoder();
const answer = (message: object) => Deno.stdout.writeSync(encoder.encode(JSON.stringify(message) + "\n"));

answer({ name: "Relay", version: Deno.version.deno });
const prepared = new Map<string, Awaited<ReturnType<typeof prepareWork>>>();
for await (const { count, ...request } of parseRequests(Deno.stdin.readable)) {
  try {
    const key = JSON.stringify(request);
    const entry = prepared.get(key) ?? await prepareWork(request, { threads, engine });
    prepared.set(key, entry);
    entry.work();
    const start = performance.now();
    for (let k = 0; k < count; k++) entry.work();
    answer({ ms: performance.now() - start, parameters: entry.parameters });
  } catch (error) {
    answer({ error: String(error) });
  }
}
Deno.exit(0); // threads of the engine would keep the process
