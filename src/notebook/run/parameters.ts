/**
 * Parameters as papermill has them: a code cell tagged `parameters` declares names with literals, `let name = literal;`, and a run puts
 * a cell tagged `injected-parameters` behind it that sets other values.
 * @module
 */
import { type Node, statementsOf } from "relay/notebook/run/cell_source.ts";
import {
  type CodeCell,
  hasTag,
  joined,
  lines,
  type Notebook,
  NotebookError,
} from "relay/notebook/notebook_file.ts";

/** What a parameter may be. */
export type ParameterValue = string | number | boolean | null | readonly ParameterValue[] | {
  readonly [key: string]: ParameterValue;
};

/** Values by name. */
export type ParameterValues = Readonly<Record<string, ParameterValue>>;

const TAG = "parameters";
const INJECTED_TAG = "injected-parameters";

/**
 * The names and defaults that the notebook declares; none without a cell tagged `parameters`.
 * @throws {NotebookError} when a default is no literal
 */
export function declaredParameters(notebook: Notebook): ParameterValues {
  const cell = notebook.cells.find((cell) => cell.cell_type === "code" && hasTag(cell, TAG));
  if (!cell) return {};
  const statements = statementsOf(joined(cell.source));
  if (!statements) {
    throw new NotebookError("Cannot read the parameters: the cell tagged parameters does not parse");
  }
  const declarators = statements.filter(({ type }) => type === "VariableDeclaration").flatMap((statement) => {
    if (statement.kind === "let") return statement.declarations as Node[];
    throw new NotebookError(
      `Cannot read the parameters: line ${statement.loc.start.line} declares with ${statement.kind}, expected let (a value is set over it)`,
    );
  });
  return Object.fromEntries(declarators.map(({ id, init, loc }) => {
    const name = (id as { name?: string }).name ?? "a pattern";
    const value = literal(init as Node | null);
    if (value !== undefined) return [name, value];
    throw new NotebookError(
      `Cannot read the parameter ${name}: line ${loc.start.line} gives no literal, expected such as \`let ${name} = 1;\``,
    );
  }));
}

/**
 * Values out of the texts of a command line, `name=value`, each read as the type of its default: text as it stands, numbers,
 * `true` and `false`, lists and objects as JSON.
 * @throws {NotebookError} for a name that the notebook does not declare, and a value of another type
 */
export function parseParameters(declared: ParameterValues, texts: readonly string[]): ParameterValues {
  return Object.fromEntries(texts.map((text) => {
    const at = text.indexOf("=");
    if (at < 1) {
      throw new NotebookError(`Cannot read the parameter ${JSON.stringify(text)}: expected name=value`);
    }
    const [name, value] = [text.slice(0, at).trim(), text.slice(at + 1)];
    return [name, parseValue(name, value, defaultOf(declared, name))];
  }));
}

/**
 * The notebook with a cell that sets the values, in the place of an older one of the kind. Without values none is put in.
 * @throws {NotebookError} for a name that the notebook does not declare, and a value of another type
 */
export function withParameters(notebook: Notebook, values: ParameterValues): Notebook {
  const cells = notebook.cells.filter((cell) => !hasTag(cell, INJECTED_TAG));
  if (Object.keys(values).length === 0) return { ...notebook, cells };
  const declared = declaredParameters(notebook);
  for (const [name, value] of Object.entries(values)) checkKind(name, value, defaultOf(declared, name));
  const at = cells.findIndex((cell) => cell.cell_type === "code" && hasTag(cell, TAG));
  return { ...notebook, cells: cells.toSpliced(at + 1, 0, injectedCell(notebook, values)) };
}

function injectedCell({ nbformat_minor }: Notebook, values: ParameterValues): CodeCell {
  const settings = Object.entries(values).map(([name, value]) => `${name} = ${JSON.stringify(value)};\n`);
  return {
    cell_type: "code",
    // Cells have ids from format 4.5 on, and must not have them before.
    ...(nbformat_minor >= 5 ? { id: INJECTED_TAG } : {}),
    metadata: { tags: [INJECTED_TAG] },
    source: lines(`// Parameters of this run\n${settings.join("")}void 0;`),
    execution_count: null,
    outputs: [],
  };
}

function defaultOf(declared: ParameterValues, name: string): ParameterValue {
  if (Object.hasOwn(declared, name)) return declared[name]!;
  const known = Object.entries(declared).map(([name, value]) => `${name} (${JSON.stringify(value)})`);
  throw new NotebookError(
    known.length === 0
      ? `Cannot set the parameter ${name}: the notebook has none (no code cell is tagged parameters)`
      : `Cannot set the parameter ${name}: the notebook has ${known.join(", ")}`,
  );
}

function parseValue(name: string, text: string, byDefault: ParameterValue): ParameterValue {
  if (typeof byDefault === "string") return text;
  let value: ParameterValue;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrongKind(name, text, byDefault);
  }
  checkKind(name, value, byDefault);
  return value;
}

function checkKind(name: string, value: ParameterValue, byDefault: ParameterValue): void {
  if (byDefault === null || (isEmptyList(byDefault) && Array.isArray(value))) return; // says nothing of its kind
  if (kindOf(value) === kindOf(byDefault) || (isEmptyList(value) && Array.isArray(byDefault))) return;
  throw wrongKind(name, JSON.stringify(value) ?? String(value), byDefault);
}

function isEmptyList(value: ParameterValue): boolean {
  return Array.isArray(value) && value.length === 0;
}

function wrongKind(name: string, given: string, byDefault: ParameterValue): NotebookError {
  return new NotebookError(
    `Cannot set the parameter ${name}: it is ${given}, expected ${kindOf(byDefault)} like its default ${
      JSON.stringify(byDefault)
    }`,
  );
}

function kindOf(value: ParameterValue): string {
  if (Array.isArray(value)) {
    const kinds = new Set(value.map(kindOf));
    return kinds.size === 1 ? `a list, each ${[...kinds][0]},` : "a list";
  }
  if (value === null) return "null";
  if (typeof value === "object") return "an object";
  return { string: "a text", number: "a number", boolean: "true or false" }[typeof value as string] ?? "JSON";
}

/** The value of a literal; undefined when the node is none. */
function literal(node: Node | null): ParameterValue | undefined {
  switch (node?.type) {
    case "StringLiteral":
    case "NumericLiteral":
    case "BooleanLiteral":
      return node.value as ParameterValue;
    case "NullLiteral":
      return null;
    case "UnaryExpression":
      return negative(node);
    case "TemplateLiteral":
      return (node.expressions as Node[]).length === 0 ? templateText(node) : undefined;
    case "ArrayExpression":
      return allOf((node.elements as (Node | null)[]).map(literal));
    case "ObjectExpression":
      return literalObject(node.properties as Node[]);
    case "TSAsExpression":
    case "TSSatisfiesExpression":
      return literal(node.expression as Node);
    default:
      return undefined;
  }
}

function negative({ operator, argument }: Node): ParameterValue | undefined {
  const value = literal(argument as Node);
  return operator === "-" && typeof value === "number" ? -value : undefined;
}

function templateText({ quasis }: Node): string {
  return (quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked).join("");
}

function literalObject(properties: readonly Node[]): ParameterValue | undefined {
  const names = properties.map(({ type, computed, key }) => {
    const { name, value } = (key ?? {}) as { name?: string; value?: unknown };
    return type === "ObjectProperty" && !computed ? name ?? String(value) : undefined;
  });
  const values = allOf(properties.map(({ value }) => literal(value as Node | null)));
  if (!values || names.includes(undefined)) return undefined;
  return Object.fromEntries(names.map((name, i) => [name!, values[i]!]));
}

function allOf(values: readonly (ParameterValue | undefined)[]): ParameterValue[] | undefined {
  return values.includes(undefined) ? undefined : values as ParameterValue[];
}
