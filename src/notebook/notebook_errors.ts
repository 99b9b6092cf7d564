/**
 * What can go wrong in a notebook without a fault in the code: shown in words, without a stack.
 * @module
 */

/** Training that the Stop button ended; what was done is kept. */
export class StoppedError extends Error {
  override name = "AbortError";
}

/** Training of which a run failed. */
export class RunFailedError extends Error {
  override name = "RunFailedError";
}

/** Results that an unfinished later training has made obsolete. */
export class StaleResultsError extends Error {
  override name = "StaleResultsError";
}

/** The error with its words in the place of its stack, which is what the kernel shows. */
export function plainError<E extends Error>(error: E): E {
  error.stack = `${error.name}: ${error.message}`;
  return error;
}
