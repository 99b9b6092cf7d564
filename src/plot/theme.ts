/**
 * Colours and type of every figure, light and dark.
 *
 * The five arm colours keep apart for readers with deuteranopia, protanopia and tritanopia and stand out from the paper
 * by 3 : 1 at least (WCAG 2.2, 1.4.11); a test computes both. An arm also has a marker of its own.
 * @module
 */

/** Colours of one arm. */
interface ArmColors {
  readonly line: string;
  /** The same colour, translucent, for intervals. */
  readonly band: string;
}

/** A light or a dark look; every colour string occurs once, so that `themeColors` can exchange them. */
export interface Theme {
  readonly name: "light" | "dark";
  readonly paper: string;
  readonly ink: string;
  /** Text of less weight: ticks, legends. */
  readonly muted: string;
  readonly grid: string;
  readonly axis: string;
  /** Lines that compare with something given: a target, a baseline. */
  readonly reference: string;
  readonly arms: readonly ArmColors[];
}

/** How one arm looks in every figure: its place in the theme's colours, its marker and its line. */
export interface ArmStyle {
  readonly color: number;
  readonly symbol: string;
  readonly dash: "solid" | "dash" | "dot";
}

/** Fonts that the reader's system has: nothing is loaded. */
export const FONT_FAMILY =
  'Inter, "Segoe UI", "Helvetica Neue", Helvetica, Arial, "Liberation Sans", sans-serif';

/** Dark ink on white. */
export const LIGHT: Theme = Object.freeze({
  name: "light",
  paper: "#ffffff",
  ink: "#1b1f24",
  muted: "#57606a",
  grid: "#eaedf0",
  axis: "#aeb6bf",
  reference: "#6b7480",
  arms: armColors(["#383b3e", "#2f76e0", "#cf7a1f", "#2d6c3f", "#7d3a96"]),
});

/** Light ink on near black. */
export const DARK: Theme = Object.freeze({
  name: "dark",
  paper: "#14171b",
  ink: "#e7eaee",
  muted: "#a3acb7",
  grid: "#262b31",
  axis: "#4c5560",
  reference: "#8f99a5",
  arms: armColors(["#b4bac4", "#4b8ff7", "#f79a3e", "#9eeab4", "#c65a9e"]),
});

const SYMBOLS = ["circle", "diamond", "square", "triangle-up", "x"] as const;
const DASHES = ["solid", "dash", "dot"] as const;

/**
 * The look of each arm by name. The first arm, by convention the baseline, is grey; a sixth arm takes the first colour
 * again, with a dashed line and an open marker.
 * @param arms names in the order of tables and legends
 */
export function armStyles(arms: readonly string[]): ReadonlyMap<string, ArmStyle> {
  return new Map(
    arms.map((arm, i) => {
      const color = i % SYMBOLS.length;
      const round = Math.floor(i / SYMBOLS.length);
      const symbol = round === 0 ? SYMBOLS[color]! : `${SYMBOLS[color]!}-open`;
      return [arm, { color, symbol, dash: DASHES[Math.min(round, DASHES.length - 1)]! }];
    }),
  );
}

function armColors(lines: readonly string[]): readonly ArmColors[] {
  return lines.map((line) => {
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt(line.slice(at, at + 2), 16));
    return { line, band: `rgba(${red},${green},${blue},0.16)` };
  });
}
