/**
 * The process of a Deno kernel, its connection file and what it wrote last.
 * @module
 */
import type { ConnectionFile } from "relay/notebook/kernel/jupyter_wire.ts";

/** So much of what the kernel last wrote is kept for the message about its death, characters. */
const TAIL_CHARS = 2000;
/** Lines of it that are shown. */
const TAIL_LINES = 6;

/** A kernel's process. */
export class KernelProcess {
  readonly connection: ConnectionFile;
  /** Settles when the process has ended, with how it ended in words. */
  readonly ended: Promise<string>;
  readonly #child: Deno.ChildProcess;
  readonly #file: string;
  #tail = "";
  #fault: string | undefined;
  #hasEnded = false;

  private constructor(child: Deno.ChildProcess, connection: ConnectionFile, file: string) {
    this.#child = child;
    this.connection = connection;
    this.#file = file;
    this.ended = this.#watch();
  }

  /**
   * @param options `key` signs messages (a new one unless given); `isDetached` gives the kernel a process group of its own, which the
   *   terminal's Ctrl-C does not reach
   */
  static async spawn(
    { cwd, env = {}, key = crypto.randomUUID(), isDetached = true }: {
      readonly cwd: string;
      readonly env?: Readonly<Record<string, string>>;
      readonly key?: string;
      readonly isDetached?: boolean;
    },
  ): Promise<KernelProcess> {
    const connection = newConnection(key);
    // makeTempFile gives a file that only this user may read.
    const file = await Deno.makeTempFile({ prefix: "relay_kernel_", suffix: ".json" });
    await Deno.writeTextFile(file, JSON.stringify(connection));
    const child = new Deno.Command(Deno.execPath(), {
      args: ["jupyter", "--kernel", "--conn", file],
      cwd,
      env: { ...env, RELAY_FENCED: "1" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      // Ctrl-C in the terminal is for the runner, which then presses Stop once.
      detached: isDetached && Deno.build.os !== "windows",
    }).spawn();
    return new KernelProcess(child, connection, file);
  }

  get pid(): number {
    return this.#child.pid;
  }

  signal(signal: Deno.Signal): void {
    if (this.#hasEnded) return;
    try {
      this.#child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /** Kills a kernel that cannot be talked to any more, for a reason that is then told as that of its end. */
  fail(reason: string): void {
    this.#fault ??= reason;
    this.signal("SIGKILL");
  }

  /** Kills the process and waits for its end. */
  async end(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }

  /** When this process ends by `Deno.exit`, the kernel and its file go too. */
  readonly #onUnload = () => {
    this.signal("SIGKILL");
    Deno.removeSync(this.#file);
  };

  async #watch(): Promise<string> {
    addEventListener("unload", this.#onUnload);
    const reading = this.#readTail();
    const { code, signal } = await this.#child.status;
    this.#hasEnded = true;
    removeEventListener("unload", this.#onUnload);
    await reading;
    await Deno.remove(this.#file).catch(() => {});
    const how = this.#fault ?? (signal ? `killed by ${signal}` : `exit code ${code}`);
    const last = this.#tail.trim().split("\n").slice(-TAIL_LINES).join("\n");
    return last === "" ? how : `${how}; its last words:\n${last}`;
  }

  async #readTail(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of this.#child.stderr) {
      this.#tail = (this.#tail + decoder.decode(bytes, { stream: true })).slice(-TAIL_CHARS);
    }
  }
}

function newConnection(key: string): ConnectionFile {
  const [shell_port, iopub_port, stdin_port, control_port, hb_port] = freePorts(5) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return {
    transport: "tcp",
    ip: "127.0.0.1",
    shell_port,
    iopub_port,
    stdin_port,
    control_port,
    hb_port,
    key,
    signature_scheme: "hmac-sha256",
    kernel_name: "deno",
  };
}

/** Ports that were free a moment ago, all different. */
function freePorts(count: number): number[] {
  const listeners = Array.from({ length: count }, () => Deno.listen({ hostname: "127.0.0.1", port: 0 }));
  const ports = listeners.map(({ addr }) => (addr as Deno.NetAddr).port);
  for (const listener of listeners) listener.close();
  return ports;
}
