/**
 * `@std/assert` over `node:assert/strict`, for machines that cannot reach JSR. Only the part of its
 * interface that is named here may be used, so that deno.json can switch to the original.
 * @module
 */
import nodeAssert from "node:assert/strict";

/** Fails unless `expression` is truthy. */
export function assert(expression: unknown, message?: string): asserts expression {
  nodeAssert.ok(expression, message);
}

/** Fails unless both are deeply and strictly equal. */
export function assertEquals<T>(actual: T, expected: T, message?: string): void {
  nodeAssert.deepStrictEqual(actual, expected, message);
}

/** Fails when both are deeply and strictly equal. */
export function assertNotEquals<T>(actual: T, expected: T, message?: string): void {
  nodeAssert.notDeepStrictEqual(actual, expected, message);
}

/** Fails unless |actual − expected| ≤ tolerance (by default 1e-7 of |expected|). */
export function assertAlmostEquals(
  actual: number,
  expected: number,
  tolerance?: number,
  message?: string,
): void {
  if (Object.is(actual, expected)) return;
  const allowed = tolerance ?? (Number.isFinite(expected) ? Math.abs(expected * 1e-7) : 1e-7);
  const distance = Math.abs(actual - expected);
  nodeAssert.ok(distance <= allowed, message ?? `Expected ${actual} within ${allowed} of ${expected}`);
}

/** Fails unless `fn` throws an error of the class whose message includes `messageIncludes`; returns the error. */
export function assertThrows<E extends Error>(
  fn: () => unknown,
  ErrorClass: new (...args: never[]) => E,
  messageIncludes = "",
): E {
  let thrown: unknown;
  try {
    fn();
  } catch (error) {
    thrown = error;
  }
  return checkThrown(thrown, ErrorClass, messageIncludes);
}

/** Fails unless the promise rejects with an error of the class whose message includes `messageIncludes`. */
export async function assertRejects<E extends Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: new (...args: never[]) => E,
  messageIncludes = "",
): Promise<E> {
  let thrown: unknown;
  try {
    await fn();
  } catch (error) {
    thrown = error;
  }
  return checkThrown(thrown, ErrorClass, messageIncludes);
}

function checkThrown<E extends Error>(
  thrown: unknown,
  ErrorClass: new (...args: never[]) => E,
  part: string,
): E {
  nodeAssert.ok(thrown instanceof ErrorClass, `Expected ${ErrorClass.name}, got ${thrown}`);
  nodeAssert.ok(thrown.message.includes(part), `Expected "${part}" in "${thrown.message}"`);
  return thrown;
}
