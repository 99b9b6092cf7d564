/**
 * Names that a cell imports from a module that does not have them. The kernel gives `undefined` for those, silently.
 * @module
 */
import { type CellImport, readCell, type SourcePosition } from "relay/notebook/run/cell_source.ts";

/** What the module `specifier` exports; nothing when it cannot be loaded. */
export type ExportsOf = (specifier: string) => Promise<readonly string[] | undefined>;

/** A name that its module does not export. */
export interface MissingExport extends SourcePosition {
  readonly message: string;
}

/** Follows the imports of a notebook from cell to cell. */
export class ImportCheck {
  readonly #exportsOf: ExportsOf;
  /** Everything that the notebook reads as a value; what is only a type is rightly not there at run time. */
  readonly #valueNames: ReadonlySet<string>;
  /** `import * as name`: its module. */
  readonly #namespaces = new Map<string, { readonly specifier: string; readonly names: readonly string[] }>();

  /** @param codes of all cells */
  constructor(codes: readonly string[], exportsOf: ExportsOf) {
    this.#valueNames = new Set(codes.flatMap((code) => [...readCell(code).valueNames]));
    this.#exportsOf = exportsOf;
  }

  /** Missing exports that a cell imports, or uses as `namespace.name`. Call it for each cell that has run, in order. */
  async check(code: string): Promise<MissingExport[]> {
    const { imports, memberUses } = readCell(code);
    const imported: MissingExport[] = [];
    for (const declaration of imports) imported.push(...await this.#checkImport(declaration));
    const members = memberUses.flatMap(({ owner, name, line, column }) => {
      const namespace = this.#namespaces.get(owner);
      if (!namespace || namespace.names.includes(name)) return [];
      return [{ line, column, message: missing(namespace.specifier, name, namespace.names) }];
    });
    return [...imported, ...members];
  }

  async #checkImport({ specifier, hasAttributes, bindings }: CellImport): Promise<MissingExport[]> {
    if (hasAttributes || bindings.length === 0) return []; // text and JSON have one default export
    const names = await this.#exportsOf(specifier);
    if (!names) return [];
    for (const { local, imported } of bindings) {
      if (imported === "*") this.#namespaces.set(local, { specifier, names });
      else this.#namespaces.delete(local);
    }
    return bindings.filter(({ local, imported }) =>
      imported !== "*" && !names.includes(imported) && this.#valueNames.has(local)
    ).map(({ imported, line, column }) => ({ line, column, message: missing(specifier, imported, names) }));
  }
}

function missing(specifier: string, name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  const hint = near === undefined ? "" : `, did you mean "${near}"?`;
  return `"${specifier}" has no export "${name}"${hint}`;
}

/** The name that is most like another one; none that has less than half in common. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const ranked = names.map((other) => ({
    other,
    distance: editDistance(name.toLowerCase(), other.toLowerCase()),
  }))
    .toSorted((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= Math.max(1, Math.floor(name.length / 2)) ? best.other : undefined;
}

/** Insertions, removals, replacements and swaps of neighbours that lead from one text to the other. */
function editDistance(a: string, b: string): number {
  let [before, row] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? before[j - 2]! + 1 : Infinity;
      next.push(Math.min(replaced, swapped, row[j]! + 1, next[j - 1]! + 1));
    }
    [before, row] = [row, next];
  }
  return row[b.length]!;
}
