/**
 * A program that does units of work when asked, one JSON object a line: ours and every peer speak the same.
 * @module
 */
import { TextLineStream } from "./text_lines.ts";

/** A program to start. */
export interface ProgramCommand {
  readonly program: string;
  readonly args: readonly string[];
  /** Beside the environment's own variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Standard error is shown. */
  readonly isVerbose?: boolean;
}

/** What to do; `case`, `variant` and others as the program knows them. */
export interface WorkRequest {
  readonly work: string;
  readonly threads: number;
  readonly [detail: string]: string | number;
}

/** What a program did. */
export interface WorkAnswer {
  /** Milliseconds of all units. */
  readonly ms: number;
  /** Of one network; 0 where there is none. */
  readonly parameters: number;
}

/** A program that was started and has said who it is. */
export class Program {
  /** Such as `JAX`. */
  readonly name: string;
  readonly version: string;
  readonly #process: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #requests: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;

  private constructor(
    process: Deno.ChildProcess,
    lines: ReadableStreamDefaultReader<string>,
    who: { name: string; version: string },
  ) {
    this.name = who.name;
    this.version = who.version;
    this.#process = process;
    this.#lines = lines;
    this.#requests = process.stdin.getWriter();
  }

  /**
   * Starts a program.
   * @throws {Error} if it ends before its first line
   */
  static async start(command: ProgramCommand): Promise<Program> {
    const process = new Deno.Command(command.program, {
      args: [...command.args],
      env: { ...command.env },
      stdin: "piped",
      stdout: "piped",
      stderr: command.isVerbose ? "inherit" : "null",
    }).spawn();
    const lines = process.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())
      .getReader();
    const { value } = await lines.read();
    if (value === undefined) {
      const { code } = await process.status;
      await process.stdin.close().catch(() => {});
      throw new Error(
        `Cannot start ${command.program} ${command.args.join(" ")}: it ended with exit code ${code} ` +
          'before its first line, expected {"name":…,"version":…}; BENCH_VERBOSE=1 shows what it says',
      );
    }
    return new Program(process, lines, JSON.parse(value));
  }

  /**
   * `count` units of work.
   * @throws {Error} what the program says, or that it ended
   */
  async ask(request: WorkRequest, count: number): Promise<WorkAnswer> {
    const line = JSON.stringify({ ...request, count });
    await this.#requests.write(new TextEncoder().encode(line + "\n"));
    const { value } = await this.#lines.read();
    if (value === undefined) throw new Error(`${this.name} ended while it was asked for ${line}`);
    const answer = JSON.parse(value) as WorkAnswer | { error: string };
    if ("error" in answer) throw new Error(`${this.name} cannot do ${line}: ${answer.error}`);
    return answer;
  }

  /** Ends the program, which its end of input tells it; after `graceMs` by force. */
  async close(graceMs = 20_000): Promise<void> {
    await this.#requests.close().catch(() => {});
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), graceMs);
    await this.#lines.cancel().catch(() => {});
    await this.#process.status;
    clearTimeout(timer);
  }
}
