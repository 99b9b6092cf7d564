/**
 * Reads the JUnit report that `deno test` left in the folder given, prints a count a suite (a room of src/, documentation examples included) and closes on the
 * line `N passed, N failed`. Exit code 1 when anything failed, nothing ran, or `deno test` itself ended with an error (a file that does not
 * load is in no report): the task makes the folder's `ended_well` only when it did not.
 * @module
 */

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

const folder = Deno.args[0]!;
const xml = readReport(`${folder}/junit.xml`);
const cases = [...xml.matchAll(/<testcase ([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)].map((
  [, attributes, body],
) => ({
  name: /name="([^"]*)"/.exec(attributes!)?.[1] ?? "",
  file: /classname="([^"]*)"/.exec(attributes!)?.[1] ?? "",
  body: body ?? "",
}));
const groups = new Set(cases.flatMap(({ name }) => prefixes(name)));
const suites = new Map<string, Count>();
for (const { name, file, body } of cases) {
  const isGroup = groups.has(name);
  const hasFailed = body.includes("<failure") || body.includes("<error");
  if (isGroup && !hasFailed) continue;
  const count = suites.get(roomOf(name, file)) ?? { passed: 0, failed: 0, skipped: 0 };
  suites.set(roomOf(name, file), count);
  if (hasFailed) count.failed++;
  else if (body.includes("<skipped")) count.skipped++;
  else count.passed++;
}

const total: Count = { passed: 0, failed: 0, skipped: 0 };
for (const [room, count] of [...suites].sort(([a], [b]) => (a < b ? -1 : 1))) {
  print(`${room.padEnd(12)} ${sentence(count)}`);
  total.passed += count.passed;
  total.failed += count.failed;
  total.skipped += count.skipped;
}
if (!endedWell() && total.failed === 0) {
  print("deno test ended with an error outside any test, see above");
  total.failed++;
}
print(sentence(total));
Deno.exit(total.failed > 0 || total.passed === 0 ? 1 : 0);

/** The names of the groups that a test stands in. */
function prefixes(name: string): string[] {
  const parts = name.split(" &gt; ");
  return parts.slice(1).map((_, k) => parts.slice(0, k + 1).join(" &gt; "));
}

function roomOf(name: string, file: string): string {
  return /^([a-z_]+)\/[a-z0-9_/]+: /.exec(name)?.[1] ?? /(?:src|test)\/([a-z_]+)\//.exec(file)?.[1] ??
    (file.includes("experiments/") ? "experiments" : "house");
}

function sentence({ passed, failed, skipped }: Count): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

function endedWell(): boolean {
  try {
    return Deno.statSync(`${folder}/ended_well`).isDirectory;
  } catch {
    return false;
  }
}

function readReport(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    print(`Cannot count the tests: ${path} was not written, so deno test ended before running any`);
    print("0 passed, 1 failed");
    Deno.exit(1);
  }
}
