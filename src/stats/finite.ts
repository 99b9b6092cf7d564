/**
 * Throws unless every value is a finite number; statistics of NaN would be silently wrong.
 *
 * @param values one number a run, or a curve
 * @param attempt what the caller was doing, for the message ("take the mean")
 * @throws {RangeError} for no value at all, and for the first value that is not finite, naming its place
 */
export function requireFinite(values: ArrayLike<number>, attempt: string): void {
  if (values.length === 0) throw new RangeError(`Cannot ${attempt}: got no value, expected at least one`);
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    throw new RangeError(
      `Cannot ${attempt}: value ${i} of ${values.length} is ${values[i]}, expected a finite number`,
    );
  }
}
