/** A peer for the tests: the case says how many milliseconds a unit of work "takes", or how to go wrong. */
import { parseRequests } from "./requests.ts";

const answer = (message: object) =>
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(message) + "\n"));

if (Deno.args[0] === "ends") Deno.exit(3);
answer({ name: "Fake", version: "1.0" });
for await (const request of parseRequests(Deno.stdin.readable)) {
  if (request.case === "dies") Deno.exit(1);
  if (request.case === "fails") answer({ error: "no such thing" });
  else answer({ ms: Number(request.variant) * request.count, parameters: Number(request.parameters ?? 0) });
}
