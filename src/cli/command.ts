/**
 * What every command has: help, one line and exit code 2 for a user's mistake, a stack trace for ours.
 * @module
 */
import { type Args, parseArgs } from "@std/cli/parse-args";
import { ConfigError } from "relay/train/config.ts";

/** A command of the command line. */
export interface Command {
  /** Printed by `--help`. */
  readonly help: string;
  /** Flags that take text. */
  readonly string?: readonly string[];
  /** Flags that take none. */
  readonly boolean?: readonly string[];
  /** Text flags that may be repeated. */
  readonly collect?: readonly string[];
  /** One-letter names of text flags. */
  readonly alias?: Readonly<Record<string, string>>;
  /** @returns the exit code */
  readonly run: (args: Args) => Promise<number>;
}

/** Errors whose message is for the user. */
const USER_ERRORS = new Set(["ConfigError", "SelectorError", "DamagedFileError", "NotebookError"]);

/** Runs a command with the process's arguments and ends the process. */
export async function runCommand(command: Command): Promise<never> {
  try {
    const args = parseArgs(Deno.args, {
      string: command.string ?? [],
      boolean: [...(command.boolean ?? []), "help"],
      collect: command.collect ?? [],
      alias: command.alias ?? {},
      unknown: (flag, key) => {
        if (key === undefined) return true; // the original asks about positional arguments too
        throw new ConfigError(
          `Cannot read the option ${flag}: expected one of ${knownFlags(command).join(", ")}`,
        );
      },
    });
    if (args.help) printLine(command.help.trim());
    Deno.exit(args.help ? 0 : await command.run(args));
  } catch (error) {
    Deno.exit(explain(error));
  }
}

/** Writes text to standard output; ends the process quietly when nobody reads any more (`| head`). */
export function print(text: string): void {
  try {
    Deno.stdout.writeSync(new TextEncoder().encode(text));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(141);
    throw error;
  }
}

/** Writes one line to standard output. */
export function printLine(line: string): void {
  print(line + "\n");
}

/** A flag that names a folder. */
export function folderFlag(args: Args, flag: string, byDefault: string): string {
  const path = args[flag] ?? byDefault;
  if (path === "") throw new ConfigError(`Cannot read --${flag}: it is empty, expected a folder`);
  return path as string;
}

/** Arguments as a shell takes them. */
export function quoted(args: readonly string[]): string {
  return args.map((arg) => /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`).join(
    " ",
  );
}

/** A flag that is a whole number from `min` on. */
export function integerFlag(args: Args, flag: string, min: number): number | undefined {
  const text = args[flag];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text === "" || !Number.isInteger(value) || value < min) {
    throw new ConfigError(
      `Cannot read --${flag}: it is ${JSON.stringify(text)}, expected an integer ≥ ${min}`,
    );
  }
  return value;
}

/** A flag that names one of a few things. */
export function choiceFlag<T>(name: string, choice: string, choices: Readonly<Record<string, T>>): T {
  if (!Object.hasOwn(choices, choice)) {
    throw new ConfigError(
      `Cannot find the ${name} ${JSON.stringify(choice)}: expected one of ${Object.keys(choices).join(", ")}`,
    );
  }
  return choices[choice]!;
}

/**
 * The one thing that a command is about, such as an experiment; its verb and noun, such as `record` and `experiment`, are for errors.
 * @throws {ConfigError} unless exactly one is named, and it is among the choices
 */
export function onlyChoice<T>(
  args: Args,
  [verb, noun]: readonly [verb: string, noun: string],
  choices: Readonly<Record<string, T>>,
): readonly [name: string, choice: T] {
  const [name, ...more] = args._.map(String);
  if (name === undefined || more.length > 0) {
    throw new ConfigError(
      `Cannot ${verb}: ${args._.length} ${noun}s are named, expected one of ${
        Object.keys(choices).join(", ")
      }`,
    );
  }
  return [name, choiceFlag(noun, name, choices)];
}

function knownFlags({ string = [], boolean = [] }: Command): string[] {
  return [...string, ...boolean, "help"].map((name) => `--${name}`);
}

function explain(error: unknown): number {
  const isUsers = error instanceof Error && USER_ERRORS.has(error.name);
  const text = error instanceof Error
    ? (isUsers ? error.message : error.stack ?? error.message)
    : String(error);
  Deno.stderr.writeSync(new TextEncoder().encode(text + "\n"));
  return isUsers ? 2 : 1;
}
