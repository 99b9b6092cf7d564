/**
 * `@std/testing/bdd` over `Deno.test`, for machines that cannot reach JSR: `describe`, `it` and the four hooks.
 * @module
 */
type Body = () => void | Promise<void>;

interface Suite {
  readonly name: string;
  readonly beforeAll: Body[];
  readonly afterAll: Body[];
  readonly beforeEach: Body[];
  readonly afterEach: Body[];
  readonly children: { name: string; body: Suite | Body; ignore: boolean }[];
}

let current: Suite | undefined;

function newSuite(name: string): Suite {
  return { name, beforeAll: [], afterAll: [], beforeEach: [], afterEach: [], children: [] };
}

/** Groups tests; an outermost group is one `Deno.test` with a step a test. */
export function describe(name: string, body: () => void): void {
  const outer = current;
  const suite = newSuite(name);
  current = suite;
  body();
  current = outer;
  if (outer) outer.children.push({ name, body: suite, ignore: false });
  else Deno.test(`${callersFile()}: ${name}`, (t) => runSuite(t, suite, []));
}

/** `room/file` of the test file that is being loaded, for the count a suite: Deno would name this file. */
function callersFile(): string {
  const frames = (new Error().stack ?? "").split("\n").filter((line) => !line.includes("/support/bdd.ts"));
  return /test\/([a-z_]+(?:\/[a-z0-9_]+)+)_test\.ts/.exec(frames.join("\n"))?.[1] ?? "house";
}

/** One test, inside a group or alone. */
export function it(name: string, body: Body): void {
  if (current) current.children.push({ name, body, ignore: false });
  else Deno.test(`${callersFile()}: ${name}`, body);
}

/** A test that is not run on this machine; it counts as skipped. */
it.skip = function skip(name: string, body: Body): void {
  if (current) current.children.push({ name, body, ignore: true });
  else Deno.test({ name: `${callersFile()}: ${name}`, fn: body, ignore: true });
};

/** Runs once before the tests of the group. */
export function beforeAll(body: Body): void {
  requireSuite("beforeAll").beforeAll.push(body);
}

/** Runs once after the tests of the group. */
export function afterAll(body: Body): void {
  requireSuite("afterAll").afterAll.push(body);
}

/** Runs before each test of the group and of the groups inside it. */
export function beforeEach(body: Body): void {
  requireSuite("beforeEach").beforeEach.push(body);
}

/** Runs after each test of the group and of the groups inside it. */
export function afterEach(body: Body): void {
  requireSuite("afterEach").afterEach.push(body);
}

function requireSuite(hook: string): Suite {
  if (!current) throw new Error(`Cannot register ${hook}: expected it inside describe()`);
  return current;
}

async function runAll(bodies: readonly Body[]): Promise<void> {
  for (const body of bodies) await body();
}

async function runSuite(t: Deno.TestContext, suite: Suite, outer: readonly Suite[]): Promise<void> {
  const path = [...outer, suite];
  await runAll(suite.beforeAll);
  try {
    for (const { name, body, ignore } of suite.children) {
      await t.step({ name, ignore, fn: (step) => runChild(step, body, path) });
    }
  } finally {
    await runAll(suite.afterAll);
  }
}

async function runChild(t: Deno.TestContext, body: Suite | Body, path: readonly Suite[]): Promise<void> {
  if (typeof body !== "function") return await runSuite(t, body, path);
  for (const suite of path) await runAll(suite.beforeEach);
  try {
    await body();
  } finally {
    for (const suite of path.toReversed()) await runAll(suite.afterEach);
  }
}
