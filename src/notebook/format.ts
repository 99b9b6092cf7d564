/**
 * Numbers in words and tables: English grouping, a true minus sign.
 * @module
 */
import type { Interval } from "relay/stats/bootstrap.ts";

/** `digits` decimals, thousands grouped. */
export function fixed(value: number, digits: number): string {
  const options = {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    signDisplay: "negative",
  } as const;
  return new Intl.NumberFormat("en-US", options).format(value).replace("-", "−");
}

/** A whole number, thousands grouped. */
export function whole(value: number): string {
  return fixed(value, 0);
}

/** `[low, high]`. */
export function brackets({ low, high }: Interval, digits: number): string {
  return `[${fixed(low, digits)}, ${fixed(high, digits)}]`;
}

/** A fraction with three significant digits at least down to 0.001. */
export function fraction(value: number): string {
  return fixed(value, value !== 0 && Math.abs(value) < 0.1 ? 4 : 3);
}

/** Bytes in the decimal unit that fits. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(value, 1)) / 3)));
  return `${fixed(value / 1000 ** power, power === 0 ? 0 : 1)} ${units[power]}`;
}

/** Working time, as "45 s", "12 min" or "3.4 h". */
export function duration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 90) return `${fixed(seconds, 0)} s`;
  if (seconds < 5400) return `${fixed(seconds / 60, 0)} min`;
  return `${fixed(seconds / 3600, 1)} h`;
}

/** "a", "a and b", "a, b and c". */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}

/** "1 run", "2 runs". */
export function counted(count: number, noun: string): string {
  return `${whole(count)} ${noun}${count === 1 ? "" : "s"}`;
}
