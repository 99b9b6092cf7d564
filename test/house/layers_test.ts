import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";

/** The rooms in the order in which data flows (architecture.md); a file imports from its own room or earlier ones. */
const FLOW = [
  "rng",
  "env",
  "tensor",
  "replay",
  "share",
  "algo",
  "dataset",
  "cluster",
  "train",
  "stats",
  "plot",
  "notebook",
  "cli",
];
/** Rooms that a browser could run, so that they name nothing of Deno's. */
const PORTABLE = ["rng", "env", "tensor", "replay", "share", "algo", "dataset", "stats", "plot"];
/** Files of these rooms that name Deno all the same, since a browser has no such thing: calling a BLAS by FFI. */
const MAY_NAME_DENO = ["src/tensor/blas_library.ts"];
/** The only rooms that read the clock. */
const MAY_READ_CLOCK = ["train", "notebook", "cli"];

interface Source {
  readonly path: string;
  readonly room: string;
  /** The text without comments. */
  readonly code: string;
}

const root = new URL("../../", import.meta.url);
const sources = [...walk("src")];

describe("the rooms", () => {
  it("are the ones that architecture.md draws", () => {
    assertEquals(new Set(sources.map(({ room }) => room)), new Set(FLOW));
    assert(sources.length > 40, `only ${sources.length} files were found`);
  });

  it("import with the flow only", () => {
    const against = sources.flatMap(({ path, room, code }) =>
      importedRooms(code).filter((imported) =>
        FLOW.indexOf(imported) > FLOW.indexOf(room) || imported === "outside"
      )
        .filter((imported) => !(imported === "outside" && room === "cli"))
        .map((imported) => `${path} imports ${imported}`)
    );
    assertEquals(against, []);
  });

  it("draw every random number from a stream: no Math.random", () => {
    assertEquals(filesWith(/Math\.random/, sources), []);
    // Keys and message ids of kernels and local servers are no experiment's numbers.
    const numeric = sources.filter(({ room }) => room !== "notebook" && room !== "cli");
    assertEquals(filesWith(/crypto\.getRandomValues|randomUUID/, numeric), []);
  });

  it("read the clock in train, notebook and cli only", () => {
    const clock = /Date\.now|new Date\(|performance\.now/;
    assertEquals(filesWith(clock, sources.filter(({ room }) => !MAY_READ_CLOCK.includes(room))), []);
  });

  it("name nothing of Deno's where a browser could run them", () => {
    const portable = sources.filter(({ room, path }) =>
      PORTABLE.includes(room) && !isTool(path) && !MAY_NAME_DENO.includes(path)
    );
    assertEquals(filesWith(/\bDeno\./, portable), []);
  });

  it("have no file much over 300 lines", () => {
    const long = sources.map(({ path }) => [path, read(path).split("\n").length] as const).filter(([, n]) =>
      n > 340
    );
    assertEquals(long, []);
  });
});

describe("the checks themselves", () => {
  it("see an import against the flow, a clock and a Deno name", () => {
    assertEquals(importedRooms('import { x } from "relay/train/row.ts";'), ["train"]);
    assertEquals(importedRooms('import { x } from "experiments/super_pursuit.ts";'), ["outside"]);
    assertEquals(importedRooms('export * from "../env/x.ts";'), ["env"]);
    assertEquals(withoutComments("a // Math.random\n/* Deno.x */ b"), "a \n b");
  });
});

describe("deno.json", () => {
  const config = JSON.parse(read("deno.json")) as {
    tasks: Record<string, string | { command: string }>;
    imports: Record<string, string>;
  };

  it("has no task with all permissions", () => {
    for (const [name, task] of Object.entries(config.tasks)) {
      const command = typeof task === "string" ? task : task.command;
      assert(!/(^|\s)(-A|--allow-all)(\s|$)/.test(command), `task ${name} asks for all permissions`);
    }
  });

  it("pins every npm package to an exact version", () => {
    for (const [name, target] of Object.entries(config.imports)) {
      if (target.startsWith("npm:")) {
        assert(/@\d+\.\d+\.\d+(\/|$)/.test(target), `${name} → ${target} is not pinned`);
      }
    }
  });
});

/** Build scripts beside the code they build; they are run by a task, never imported. */
function isTool(path: string): boolean {
  return path.endsWith("/build.ts");
}

function* walk(directory: string): Generator<Source> {
  for (const entry of Deno.readDirSync(new URL(directory, root))) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory) yield* walk(path);
    else if (path.endsWith(".ts")) {
      yield { path, room: path.split("/")[1]!, code: withoutComments(read(path)) };
    }
  }
}

function read(path: string): string {
  return Deno.readTextFileSync(new URL(path, root));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

function importedRooms(code: string): string[] {
  return [...code.matchAll(/(?:from|import\()\s*"([^"]+)"/g)].flatMap(([, specifier]) => {
    if (specifier!.startsWith("experiments/")) return ["outside"];
    const room = /^(?:relay\/|(?:\.\.\/)+)([a-z]+)\//.exec(specifier!)?.[1];
    return room && FLOW.includes(room) ? [room] : [];
  });
}

function filesWith(pattern: RegExp, among: readonly Source[]): string[] {
  return among.filter(({ code }) => pattern.test(code)).map(({ path }) => path);
}
