import { cpus } from "node:os";

/** What figures depend on. */
export interface Machine {
  readonly date: string;
  readonly cpu: string;
  readonly cores: number;
  readonly os: string;
  readonly deno: string;
  /** Processes that wanted a core during the last minute: above 0 before the start, others are busy too. */
  readonly load: number;
}

/** This machine, now. */
export function describeMachine(): Machine {
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 16).replace("T", " ") + " UTC",
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
    os: `${Deno.build.os} ${Deno.build.arch}`,
    deno: Deno.version.deno,
    load: Deno.loadavg()[0] ?? 0,
  };
}
