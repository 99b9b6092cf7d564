/**
 * The programs of a bench run: started when first needed, idle in between, ended together.
 * @module
 */
import { fileURLToPath } from "node:url";
import { Program, type ProgramCommand } from "./program.ts";

/** The project's folder. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Where `deno task bench:peers` makes the peers' Python environment. */
export const PEERS_FOLDER = `${ROOT}.peers`;
/** XLA makes its threads at the start and OpenBLAS reads its variable then, so each number of threads has a process. */
const FIXED_THREADS = new Set(["jax_learner", "numpy_gemm"]);
const PERMISSIONS = ["--allow-read", "--allow-env", "--allow-sys"];

/** How the programs are started. */
export interface ProgramsOptions {
  /** The Python that has the peers' packages; none: no peers. */
  readonly python: string | undefined;
  /** Engine of our kernels, when not the default. */
  readonly engine?: string | undefined;
  /** Shows what programs write to standard error. */
  readonly isVerbose?: boolean;
  /** Folder of the peers' scripts. */
  readonly scripts?: string;
}

/** Where comparisons get their programs from. */
export interface ProgramSource {
  readonly hasPeers: boolean;
  /** Relay with so many threads. */
  ours(threads: number): Promise<Program>;
  /** A peer that can work with so many threads. */
  peer(script: string, threads: number): Promise<Program>;
}

/** See the module. */
export class Programs implements ProgramSource {
  readonly hasPeers: boolean;
  readonly #options: ProgramsOptions;
  readonly #started = new Map<string, Promise<Program>>();

  constructor(options: ProgramsOptions) {
    this.#options = options;
    this.hasPeers = options.python !== undefined;
  }

  ours(threads: number): Promise<Program> {
    const { engine, isVerbose = false } = this.#options;
    const script = `${ROOT}test/bench/ours.ts`;
    const choice = JSON.stringify({ threads, engine });
    const permissions = engine === "blas" || engine === "auto"
      ? [...PERMISSIONS, "--allow-ffi"]
      : PERMISSIONS;
    const args = [
      "run",
      "--quiet",
      "--no-prompt",
      "--config",
      `${ROOT}deno.json`,
      ...permissions,
      script,
      choice,
    ];
    return this.#start(`ours ${threads}`, { program: Deno.execPath(), args, isVerbose });
  }

  peer(script: string, threads: number): Promise<Program> {
    const { python, isVerbose = false, scripts = `${ROOT}test/bench/peers` } = this.#options;
    if (python === undefined) throw new Error(`Cannot start the peer ${script}: there is no Python for it`);
    const isFixed = FIXED_THREADS.has(script);
    const env = {
      PYTHONDONTWRITEBYTECODE: "1",
      JAX_PLATFORMS: "cpu",
      // OpenMP's threads would spin while they wait, and lose up to a second an update where others use the cores.
      OMP_WAIT_POLICY: "PASSIVE",
      ...(isFixed ? { NPROC: `${threads}`, OPENBLAS_NUM_THREADS: `${threads}` } : {}),
    };
    const key = isFixed ? `${script} ${threads}` : script;
    return this.#start(key, { program: python, args: [`${scripts}/${script}.py`], env, isVerbose });
  }

  /** Ends every program, so that the next part begins on a quiet machine. */
  async close(): Promise<void> {
    const started = [...this.#started.values()];
    this.#started.clear();
    for (const program of await Promise.allSettled(started)) {
      if (program.status === "fulfilled") await program.value.close();
    }
  }

  #start(key: string, command: ProgramCommand): Promise<Program> {
    const started = this.#started.get(key) ?? Program.start(command);
    this.#started.set(key, started);
    return started;
  }
}

/** The Python of the peers' environment, where that was made. */
export async function peersPython(folder = PEERS_FOLDER): Promise<string | undefined> {
  const isWindows = Deno.build.os === "windows";
  const python = isWindows ? `${folder}/venv/Scripts/python.exe` : `${folder}/venv/bin/python`;
  const isComplete = await Deno.stat(`${folder}/complete`).then(() => true, () => false);
  return isComplete ? python : undefined;
}
