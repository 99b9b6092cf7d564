/**
 * What the text of a code cell says before it runs: its syntax errors, imports, and names used as values. Cells are statements of a
 * module of which each cell is a piece.
 * @module
 */
import { parse, type ParseResult } from "@babel/parser";
import { transformSync } from "@swc/wasm-typescript";

/** A place in a cell; both count from 1. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

/** An import declaration of a cell that is there at run time. */
export interface CellImport extends SourcePosition {
  /** Offsets of its text in the cell. */
  readonly start: number;
  readonly end: number;
  readonly specifier: string;
  readonly hasAttributes: boolean;
  /** What it binds; `imported` is `*` for the whole module. */
  readonly bindings: readonly (SourcePosition & { readonly local: string; readonly imported: string })[];
}

/** `owner.name` as a value. */
export interface MemberUse extends SourcePosition {
  readonly owner: string;
  readonly name: string;
}

/** A parsed cell. */
export interface CellSource {
  readonly imports: readonly CellImport[];
  /** Identifiers that are read as values somewhere in the cell, properties aside. */
  readonly valueNames: ReadonlySet<string>;
  readonly memberUses: readonly MemberUse[];
}

/** Why a cell cannot be parsed. */
export interface CellSyntaxError extends SourcePosition {
  readonly message: string;
}

/** A node of Babel's tree, as far as it is walked here. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly loc: { readonly start: { readonly line: number; readonly column: number } };
  readonly [key: string]: unknown;
}

/** The statements of a cell as Babel sees them; undefined when it cannot parse them. */
export function statementsOf(code: string): readonly Node[] | undefined {
  try {
    return parseModule(code).program.body as unknown as Node[];
  } catch {
    return undefined;
  }
}

/** What the cell imports and uses; nothing at all when it cannot be parsed. */
export function readCell(code: string): CellSource {
  const imports: CellImport[] = [];
  const valueNames = new Set<string>();
  const memberUses: MemberUse[] = [];
  const visit = (node: Node): void => {
    if (node.type === "ImportDeclaration") {
      if (node.importKind !== "type") imports.push(importOf(node));
      return;
    }
    if (isTypeOnly(node)) return;
    if (node.type === "Identifier") valueNames.add(node.name as string);
    const member = memberOf(node);
    if (member) memberUses.push(member);
    for (const child of valueChildren(node)) visit(child);
  };
  for (const statement of statementsOf(code) ?? []) visit(statement);
  return { imports, valueNames, memberUses };
}

/**
 * The cell's syntax error. The kernel's own parser decides whether there is one, Babel says where in better words.
 */
export function findSyntaxError(code: string): CellSyntaxError | undefined {
  const refusal = refusalOf(code);
  if (!refusal || (isObjectLiteral(code) && !refusalOf(`(${code})`))) return undefined;
  try {
    parseModule(code);
    return refusal;
  } catch (error) {
    const { message, loc } = error as { message: string; loc?: { line: number; column: number } };
    if (!loc) return refusal;
    return { message: message.replace(/ \(\d+:\d+\)$/, ""), line: loc.line, column: loc.column + 1 };
  }
}

/** The kernel's REPL reads such a cell as an expression. */
function isObjectLiteral(code: string): boolean {
  return code.trimStart().startsWith("{") && !code.trimEnd().endsWith(";");
}

function refusalOf(code: string): CellSyntaxError | undefined {
  try {
    transformSync(code, { mode: "transform", module: true });
    return undefined;
  } catch (error) {
    const { message, startLine, startColumn } = error as Record<string, unknown>;
    if (typeof startLine !== "number" || typeof startColumn !== "number") throw error;
    return { message: String(message), line: startLine, column: startColumn + 1 };
  }
}

function parseModule(code: string): ParseResult {
  return parse(code, { sourceType: "module", plugins: ["typescript"], attachComment: false });
}

function importOf(node: Node): CellImport {
  const specifiers = (node.specifiers as Node[]).filter(({ importKind }) => importKind !== "type");
  return {
    ...positionOf(node),
    start: node.start,
    end: node.end,
    specifier: (node.source as { value: string }).value,
    hasAttributes: ((node.attributes as unknown[] | null | undefined) ?? []).length > 0,
    bindings: specifiers.map((specifier) => ({
      ...positionOf(specifier),
      local: (specifier.local as { name: string }).name,
      imported: importedName(specifier),
    })),
  };
}

function importedName({ type, imported }: Node): string {
  if (type === "ImportDefaultSpecifier") return "default";
  if (type === "ImportNamespaceSpecifier") return "*";
  const { name, value } = imported as { name?: string; value?: string };
  return name ?? value ?? "";
}

function memberOf(node: Node): MemberUse | undefined {
  if (node.type !== "MemberExpression" || node.computed) return undefined;
  const [owner, property] = [node.object as Node, node.property as Node];
  if (owner.type !== "Identifier" || property.type !== "Identifier") return undefined;
  return { ...positionOf(property), owner: owner.name as string, name: property.name as string };
}

/** Types are gone at run time; of these nodes only the expression inside stays. */
function isTypeOnly({ type, declare }: Node): boolean {
  const withValues = /^TS(As|Satisfies|NonNull|TypeAssertion|Instantiation|Enum|Module|ParameterProperty)/;
  return (type.startsWith("TS") && !withValues.test(type)) || declare === true;
}

/** Children that hold values: names of properties and labels are none. */
function valueChildren(node: Node): Node[] {
  const isNamed = node.computed !== true;
  return Object.entries(node).flatMap(([key, child]) => {
    if (isNamed && node.type.endsWith("MemberExpression") && key === "property") return [];
    if (isNamed && key === "key" && /Property|Method/.test(node.type)) return [];
    if (key === "label" || key === "loc") return [];
    return (Array.isArray(child) ? child : [child]).filter(isNode);
  });
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Node).type === "string";
}

function positionOf({ loc }: Node): SourcePosition {
  return { line: loc.start.line, column: loc.start.column + 1 };
}
