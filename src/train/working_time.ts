/** A clock that shows `elapsedMs` now: a run's working time over all of its sittings, milliseconds. */
export function startClock(elapsedMs: number): () => number {
  const start = performance.now() - elapsedMs;
  return () => performance.now() - start;
}
