/**
 * Where in a cell an error arose. The kernel runs JavaScript that swc has made of the cell and calls every cell `<anonymous>`, so that
 * the lines of its stacks are swc's; the same transformation with a source map leads back.
 * @module
 */
import { transformSync } from "@swc/wasm-typescript";
import { readCell, type SourcePosition } from "relay/notebook/run/cell_source.ts";

/** What the kernel writes before the first line of each cell: `"use strict"; void 0;`. */
const FIRST_LINE_PREFIX = 21;
const FRAME = /^(\s*at .*?)<anonymous>:(\d+):(\d+)(\)?)$/;
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** A cell that has run. */
export interface RunCell {
  /** As in "cell [3]". */
  readonly number: number;
  readonly code: string;
}

/** A place in a cell. */
export interface CellLocation extends SourcePosition {
  readonly cell: RunCell;
}

/** A stack whose cell frames name cells and lines as written. */
export interface LocatedStack {
  readonly frames: readonly string[];
  /** The innermost frame in a cell. */
  readonly location?: CellLocation;
}

interface Segment {
  /** Column in the JavaScript, from 0. */
  readonly at: number;
  readonly position: SourcePosition;
}

/** Leads positions in what swc makes of a cell back to the cell. */
class CellMap {
  /** By line of the JavaScript. */
  readonly #lines: readonly (readonly Segment[])[];
  readonly #javascript: readonly string[];
  readonly #source: readonly string[];

  constructor(code: string) {
    const { code: javascript, map } = transformed(code);
    this.#source = code.split("\n");
    this.#javascript = javascript.split("\n");
    this.#lines = decodeMappings((JSON.parse(map) as { mappings: string }).mappings);
  }

  /** @returns nothing when the cell has no such line */
  find(line: number, column: number): SourcePosition | undefined {
    const at = this.#columnIn(line, column);
    const segment = this.#lines[line - 1]?.findLast((segment) => segment.at <= at);
    if (!segment) return undefined;
    // Not every token has a segment of its own; where the texts agree, so do the columns.
    const skipped = this.#javascript[line - 1]!.slice(segment.at, at);
    const { line: sourceLine, column: from } = segment.position;
    const isSame = this.#source[sourceLine - 1]?.startsWith(skipped, from - 1) === true;
    return { line: sourceLine, column: isSame ? from + skipped.length : from };
  }

  /** How well the position fits: a token of the right cell begins exactly there, or at least the line is so long. */
  fit(line: number, column: number): number {
    const at = this.#columnIn(line, column);
    if (this.#lines[line - 1]?.some((segment) => segment.at === at)) return 2;
    return at <= (this.#javascript[line - 1] ?? "").length ? 1 : 0;
  }

  /** Column from 0 in our JavaScript of one in the kernel's, which indents by two where ours does by four. */
  #columnIn(line: number, column: number): number {
    if (line === 1) return column - 1 - FIRST_LINE_PREFIX;
    const indent = /^ */.exec(this.#javascript[line - 1] ?? "")![0].length;
    return column - 1 + indent / 2;
  }

  /** Whether a function, method or variable of that name is made here. */
  declares(name: string): boolean {
    const word = name.replaceAll("$", "\\$");
    const declaration = new RegExp(
      `\\b(?:function\\*?|class|const|let|var|get|set) ${word}\\b|\\b${word} ?[=:]|\\b${word}\\(.*\\) ?\\{`,
    );
    return this.#javascript.some((line) => declaration.test(line));
  }
}

/** Names the places of errors in the cells of one run. */
export class ErrorLocator {
  readonly #maps = new Map<string, CellMap | undefined>();

  /**
   * @param stack lines of a stack, the message among them
   * @param cells that have run, the current one last; a frame is of the current cell unless it fits an earlier one only
   */
  locate(stack: readonly string[], cells: readonly RunCell[]): LocatedStack {
    let innermost: CellLocation | undefined;
    const frames = stack.flatMap((text) => text.split("\n")).filter(isTold).map((frame) => {
      const match = FRAME.exec(frame);
      const location = match ? this.#find(match, cells) : undefined;
      if (!match || !location) return frame;
      innermost ??= location;
      return `${match[1]}cell [${location.cell.number}]:${location.line}:${location.column}${match[4]}`;
    });
    return innermost ? { frames, location: innermost } : { frames };
  }

  #find([, before, line, column]: RegExpExecArray, cells: readonly RunCell[]): CellLocation | undefined {
    const name = functionName(before!);
    const [at, from] = [Number(line), Number(column)];
    const candidates = cells.toReversed().flatMap((cell) => {
      const map = this.#mapOf(cell.code);
      const position = map?.find(at, from);
      if (!map || !position) return [];
      const score = map.fit(at, from) + (name === "" || map.declares(name) ? 3 : 0);
      return [{ location: { cell, ...position }, score }];
    });
    const best = Math.max(...candidates.map(({ score }) => score));
    return candidates.find(({ score }) => score === best)?.location;
  }

  #mapOf(code: string): CellMap | undefined {
    if (!this.#maps.has(code)) this.#maps.set(code, mapIfPossible(code));
    return this.#maps.get(code);
  }
}

/** Frames of Deno's own machinery tell a reader nothing. */
function isTold(line: string): boolean {
  return !/^\s+at .*\bext:/.test(line);
}

/** `f` of `at async Foo.f (`; empty for top-level code, and for what is called from outside. */
function functionName(before: string): string {
  const name = /at (?:async )?(?:new )?(?:[\w$.<>]+\.)?([\w$]+) (?:\[as [^\]]+\] )?\($/.exec(before)?.[1] ??
    "";
  return name === "_onTimeout" ? "" : name;
}

function mapIfPossible(code: string): CellMap | undefined {
  try {
    return new CellMap(code);
  } catch {
    return undefined; // the kernel reads some cells differently, such as object literals
  }
}

/**
 * As the kernel does it: it keeps imports, as one statement each and without comments before them, where swc drops those that the cell
 * itself does not use.
 */
function transformed(code: string): { code: string; map: string } {
  const { imports } = readCell(code);
  const withoutImports = imports.toReversed().reduce(
    (text, { start, end, hasAttributes }) =>
      withoutLastComments(text.slice(0, start)) + standIn(text.slice(start, end), hasAttributes) +
      text.slice(end),
    code,
  );
  const { code: javascript, map } = transformSync(withoutImports, {
    mode: "transform",
    module: true,
    sourceMap: true,
  });
  if (map === undefined) throw new Error("swc gave no source map");
  return { code: javascript, map };
}

/** A statement in the place of an import, as long as it, of which swc makes as many lines as of the import's. */
function standIn(declaration: string, hasAttributes: boolean): string {
  const statement = hasAttributes ? "0(0,{a:{a:0}});" : "await 0;";
  return statement + blank(declaration.slice(statement.length));
}

/** Comments at the very beginning stay. */
function withoutLastComments(text: string): string {
  const [comments = ""] = /(?:\/\/[^\n]*\n\s*|\/\*(?:[^*]|\*(?!\/))*\*\/\s*)+$/.exec(text) ?? [];
  const before = text.slice(0, text.length - comments.length);
  return before.trim() === "" ? text : before + blank(comments);
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, " ");
}

/** Source: https://tc39.es/ecma426/#sec-mappings-grammar. */
function decodeMappings(mappings: string): Segment[][] {
  let [line, column] = [1, 1];
  return mappings.split(";").map((text) => {
    let at = 0;
    return text.split(",").filter((field) => field !== "").map((field) => {
      const [atDelta = 0, , lineDelta = 0, columnDelta = 0] = decodeNumbers(field);
      at += atDelta;
      line += lineDelta;
      column += columnDelta;
      return { at, position: { line, column } };
    });
  });
}

/** Base64 VLQ: five bits a digit, lowest first, the sign in the lowest bit of all. */
function decodeNumbers(field: string): number[] {
  const numbers: number[] = [];
  let [value, shift] = [0, 0];
  for (const digit of field) {
    const bits = BASE64.indexOf(digit);
    value |= (bits & 31) << shift;
    shift += 5;
    if (bits & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    [value, shift] = [0, 0];
  }
  return numbers;
}
