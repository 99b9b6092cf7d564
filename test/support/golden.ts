import { gunzipSync } from "node:zlib";

/** The JSON of a recorded trace or table in test/golden, gzipped. */
export function readGolden(name: string): unknown {
  const bytes = Deno.readFileSync(new URL(`../golden/${name}`, import.meta.url));
  return JSON.parse(new TextDecoder().decode(gunzipSync(bytes)));
}
