import { joined, type Notebook } from "relay/notebook/notebook_file.ts";
import { inlineText } from "relay/notebook/page/markdown.ts";

/** A notebook's title and the notebook without the heading that stands above the page as its title. */
export interface TitledNotebook {
  readonly title: string;
  readonly rest: Notebook;
}

/**
 * The title is the first heading, else `metadata.title`, else the given name. A heading that opens the first text cell is taken out.
 * @param name of the notebook's file
 */
export function splitTitle(notebook: Notebook, name: string): TitledNotebook {
  const index = notebook.cells.findIndex((cell) =>
    cell.cell_type === "markdown" && HEADING.test(joined(cell.source))
  );
  const named = notebook.metadata["title"];
  if (index < 0) {
    return { title: typeof named === "string" && named.trim() !== "" ? named : name, rest: notebook };
  }
  const cell = notebook.cells[index]!;
  const source = joined(cell.source);
  const title = inlineText(HEADING.exec(source)![1]!);
  const opening = /^\s*#\s+.*(?:\n|$)/;
  if (!opening.test(source)) return { title, rest: notebook };
  const cells = notebook.cells.with(index, { ...cell, source: source.replace(opening, "") });
  return { title, rest: { ...notebook, cells } };
}

const HEADING = /^[ ]{0,3}#{1,6}\s+(.+?)\s*#*\s*$/m;
