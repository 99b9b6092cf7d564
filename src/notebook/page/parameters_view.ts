import { html, type Markup } from "relay/notebook/html.ts";
import { type CodeCell, joined } from "relay/notebook/notebook_file.ts";

/** A parameter of a notebook. */
export interface Parameter {
  readonly name: string;
  /** As it is written, such as `"quick"`. */
  readonly value: string;
  /** What the notebook says about it. */
  readonly meaning: string;
}

const DECLARATION =
  /^\s*(?:(?:let|const|var)\s+)?([A-Za-z_$][\w$]*)\s*(?::[^=]+)?=\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^;"'`]+?)\s*;?\s*(?:\/\/\s*(.*))?$/;

/** The parameters that a cell declares or assigns, or undefined when it holds anything else. */
export function parametersOf(cell: CodeCell): readonly Parameter[] | undefined {
  const lines = joined(cell.source).split("\n").filter((line) => !/^\s*(\/\/.*|void 0;?)?$/.test(line));
  const matches = lines.map((line) => DECLARATION.exec(line));
  if (matches.length === 0 || matches.includes(null)) return undefined;
  return matches.map((match) => ({ name: match![1]!, value: match![2]!, meaning: match![3] ?? "" }));
}

/**
 * Parameters as a table.
 * @param given what this run was told, in the place of the notebook's own values
 */
export function parametersTable(declared: readonly Parameter[], given: readonly Parameter[]): Markup {
  const values = new Map(given.map(({ name, value }) => [name, value]));
  return html`
    <div class="scroll">
      <table class="parameters">
        <thead>
          <tr>
            <th scope="col">Parameter</th>
            <th scope="col">Value</th>
            <th scope="col">Meaning</th>
          </tr>
        </thead>
        <tbody>${declared.map(({ name, value, meaning }) => {
          const now = values.get(name) ?? value;
          return html`
            <tr>
              <th scope="row"><code>${name}</code></th>
              <td><code>${now}</code>${now !== value && html`
                <span class="default">instead of <code>${value}</code></span>
              `}</td>
              <td>${meaning}</td>
            </tr>
          `;
        })}</tbody>
      </table>
    </div>
  `;
}
