import {
  type Cell,
  type CodeCell,
  hasTag,
  joined,
  type Notebook,
  type Output,
} from "relay/notebook/notebook_file.ts";
import { plainLog } from "relay/notebook/page/ansi.ts";
import { type Bundle, stillUrl, textIn } from "relay/notebook/page/bundle.ts";
import { intervalText, verdictOf } from "relay/notebook/page/claims_view.ts";
import { imageSource } from "relay/notebook/page/images.ts";
import { mergedStreams } from "relay/notebook/page/merged_streams.ts";
import { type ErrorOutput, errorText } from "relay/notebook/page/run_state.ts";
import { type ClaimView, parseRelayOutput, PLOTLY_MIME, RELAY_MIME } from "relay/notebook/relay_output.ts";

/** Where a notebook comes from and what its Markdown is called. */
export interface MarkdownExportOptions {
  /** Path of the notebook: images stand relative to it. */
  readonly path: string;
  /** Name of the Markdown file without `.md`; its images go to `<name>_files/`. */
  readonly name: string;
}

/** A Markdown file and the images that it names. */
export interface MarkdownExport {
  readonly text: string;
  /** Contents by path, relative to the Markdown file. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** A notebook as Markdown: text as it stands, code and logs in fences, figures and replays as stills, claims and tables in words. */
export function exportMarkdown(notebook: Notebook, options: MarkdownExportOptions): MarkdownExport {
  const writer = new MarkdownWriter(options);
  const parts = notebook.cells.flatMap((cell) => writer.cell(cell));
  return { text: parts.filter((part) => part.trim() !== "").join("\n\n") + "\n", files: writer.files };
}

class MarkdownWriter {
  readonly files = new Map<string, Uint8Array>();
  readonly #options: MarkdownExportOptions;

  constructor(options: MarkdownExportOptions) {
    this.#options = options;
  }

  cell(cell: Cell): string[] {
    if (hasTag(cell, "remove-cell") || cell.cell_type === "raw") return [];
    if (cell.cell_type !== "code") return [this.#text(cell)];
    const source = joined(cell.source).trimEnd();
    const code = hasTag(cell, "remove-input") || source === "" ? [] : [fenced(source, "ts")];
    const outputs = hasTag(cell, "remove-output") ? [] : mergedStreams(cell.outputs);
    return [...code, ...outputs.map((output) => this.#output(output, cell))];
  }

  /** Images that the notebook holds or stand beside it are copied; other addresses stay. */
  #text(cell: Cell): string {
    const image = imageSource(cell, this.#options.path);
    return joined(cell.source).trim().replace(/(!\[[^\]]*\]\()([^)\s]+)(?=[)\s])/g, (whole, head, src) => {
      const url = image(src);
      return url ? `${head}${this.#save(url)}` : whole;
    });
  }

  #output(output: Output, cell: CodeCell): string {
    if (output.output_type === "stream") return fenced(plainLog(joined(output.text)).trimEnd(), "");
    if (output.output_type === "error") return errorMarkdown(output, cell);
    return this.#bundle(output.data);
  }

  #bundle(bundle: Bundle): string {
    const relay = parseRelayOutput(bundle[RELAY_MIME]);
    if (relay?.kind === "loader") return "";
    if (relay?.kind === "claims") return relay.claims.map(claimMarkdown).join("\n");
    const text = plainLog(textIn(bundle, "text/plain") ?? "").trimEnd();
    const still = stillUrl(bundle);
    if (relay || PLOTLY_MIME in bundle) {
      const words = escaped(text === "" ? "Figure" : text);
      return still ? `![${words}](${this.#save(still)})\n\n*${words}*` : `*${words}*`;
    }
    if (still) return `![${escaped(text || "An image")}](${this.#save(still)})`;
    return textIn(bundle, "text/markdown") ?? (text === "" ? "" : fenced(text, ""));
  }

  #save(url: string): string {
    const [, type = "png", base64 = ""] = /^data:image\/([a-z]+)[^,]*,(.*)$/s.exec(url) ?? [];
    const folder = `${this.#options.name}_files`;
    const path = `${folder}/image_${this.files.size + 1}.${type === "jpeg" ? "jpg" : type}`;
    this.files.set(path, Uint8Array.fromBase64(base64));
    return path.split("/").map(encodeURIComponent).join("/");
  }
}

/** A fence that is longer than any in the text. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return text === "" ? "" : `${fence}${language}\n${text}\n${fence}`;
}

function claimMarkdown(claim: ClaimView): string {
  const numbers = /\[.*\]/.test(claim.evidence) ? "" : ` ${intervalText(claim)}, ${claim.n} runs an arm.`;
  return `- **${verdictOf(claim)}**: ${escaped(claim.text)}. ${escaped(claim.evidence + numbers)}`;
}

function errorMarkdown(error: ErrorOutput, cell: CodeCell): string {
  const { place, message } = errorText(error, cell);
  return `**${place.replace("cell", "Cell").replace(/[[\]]/g, "\\$&")} failed.**\n\n${
    fenced([message, ...error.traceback.slice(1)].map(plainLog).join("\n").trimEnd(), "")
  }`;
}

/** Text that Markdown shows as it is, on one line. */
function escaped(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_{}[\]<>#|!~$&]/g, "\\$&");
}
