/**
 * Reading recorded traces: every accessor says which field is missing or unfit, by its path in the file.
 * @module
 */

/** A JSON object. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object (no list, not null). */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unfit(path: string, value: unknown, expected: string): TypeError {
  const got = value === undefined ? "missing" : JSON.stringify(value)?.slice(0, 60);
  return new TypeError(`Cannot replay trace: ${path} is ${got}, expected ${expected}`);
}

/** The value as a JSON object. */
export function recordAt(value: unknown, path: string): JsonRecord {
  if (!isRecord(value)) throw unfit(path, value, "an object");
  return value;
}

/** The value as a list, of a given length where one is given. */
export function listAt(value: unknown, path: string, length?: number): readonly unknown[] {
  const fits = Array.isArray(value) && (length === undefined || value.length === length);
  if (!fits) throw unfit(path, value, length === undefined ? "a list" : `a list of ${length}`);
  return value;
}

/** The value as a list of finite numbers. */
export function numbersAt(value: unknown, path: string, length?: number): readonly number[] {
  const list = listAt(value, path, length);
  list.forEach((item, i) => {
    if (!Number.isFinite(item)) throw unfit(`${path}[${i}]`, item, "a finite number");
  });
  return list as readonly number[];
}

/** The value as a list of true and false. */
export function booleansAt(value: unknown, path: string, length?: number): readonly boolean[] {
  const list = listAt(value, path, length);
  list.forEach((item, i) => {
    if (typeof item !== "boolean") throw unfit(`${path}[${i}]`, item, "true or false");
  });
  return list as readonly boolean[];
}

/** The value as a text. */
export function textAt(value: unknown, path: string): string {
  if (typeof value !== "string") throw unfit(path, value, "a text");
  return value;
}

/** The value as a nonnegative integer below 2⁵³. */
export function countAt(value: unknown, path: string): number {
  if (!(Number.isSafeInteger(value) && Number(value) >= 0)) throw unfit(path, value, "a nonnegative integer");
  return Number(value);
}

/** The value as true or false. */
export function booleanAt(value: unknown, path: string): boolean {
  if (typeof value !== "boolean") throw unfit(path, value, "true or false");
  return value;
}
