/**
 * `@std/cli/parse-args` over `node:util`, for machines that cannot reach JSR. Only the part of its interface that is named here may be
 * used, so that deno.json can switch to the original.
 * @module
 */
import { parseArgs as nodeParseArgs } from "node:util";

/** Which flags take text, which none, which may be repeated, and what to do with others. */
export interface ParseOptions {
  readonly string?: readonly string[];
  readonly boolean?: readonly string[];
  /** Text flags that may be repeated; their value is an array. */
  readonly collect?: readonly string[];
  /** One-letter names of text flags: `{ parameter: "p" }` makes `-p` the same as `--parameter`. */
  readonly alias?: Readonly<Record<string, string>>;
  /** Called for a flag that is not declared. */
  readonly unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}

/** Flags by name, and what is no flag under `_`. */
export type Args = { _: string[] } & Record<string, string | boolean | string[] | undefined>;

/** Parses command line arguments; `--flag value` and `--flag=value` are the same for text flags. */
export function parseArgs(args: readonly string[], options: ParseOptions = {}): Args {
  const { string = [], boolean = [], collect = [], alias = {}, unknown } = options;
  const { tokens } = nodeParseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries([
      ...string.map((
        name,
      ) => [name, { type: "string" as const, multiple: collect.includes(name), ...shortOf(name, alias) }]),
      ...boolean.map((name) => [name, { type: "boolean" as const }]),
    ]),
  });
  const parsed: Args = { _: [] };
  for (const name of collect) parsed[name] = [];
  for (const token of tokens) {
    if (token.kind === "positional") parsed._.push(token.value);
    if (token.kind !== "option") continue;
    const { name, rawName, value } = token;
    // node takes what follows the letter as it stands, `-p=x` too
    const text = rawName.startsWith("--") ? value ?? "" : (value ?? "").replace(/^=/, "");
    if (collect.includes(name)) (parsed[name] as string[]).push(text);
    else if (string.includes(name)) parsed[name] = text;
    else if (boolean.includes(name)) parsed[name] = value !== "false";
    else unknown?.(rawName, name, value);
  }
  return parsed;
}

function shortOf(name: string, alias: Readonly<Record<string, string>>): { short?: string } {
  const short = alias[name];
  return short === undefined ? {} : { short };
}
