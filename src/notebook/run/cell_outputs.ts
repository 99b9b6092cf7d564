/**
 * The outputs of a run's cells, put together from the kernel's messages as a front end would.
 * @module
 */
import { lines, type Output } from "relay/notebook/notebook_file.ts";
import { parseUncaught, type Uncaught, UNCAUGHT_MIME } from "relay/notebook/kernel/prelude.ts";

type Content = Readonly<Record<string, unknown>>;
type Mime = Record<string, unknown>;
type DisplayOutput = Extract<Output, { output_type: "display_data" | "execute_result" }>;

/** An error as the kernel tells it. */
export interface KernelErrorContent {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

/** The displays of a notebook by id; one id may stand under several cells, and an update reaches them all. */
export class Displays {
  readonly #byId = new Map<string, DisplayOutput[]>();

  add(id: string, output: DisplayOutput): void {
    this.#byId.set(id, [...this.#byId.get(id) ?? [], output]);
  }

  update(id: string, content: Content): void {
    for (const output of this.#byId.get(id) ?? []) {
      output.data = objectOf(content.data);
      output.metadata = objectOf(content.metadata);
    }
  }
}

/** Receives one cell's messages. */
export class CellOutputs {
  readonly #displays: Displays;
  readonly #errors: KernelErrorContent[] = [];
  readonly #uncaught: Uncaught[] = [];
  #outputs: Output[] = [];
  /** Parts of the last output while it is a stream: text is joined once at the end. */
  #stream: { readonly name: string; readonly parts: string[] } | undefined;
  #clearsNext = false;

  constructor(displays: Displays) {
    this.#displays = displays;
  }

  /** Errors that the kernel has told, which are not among the outputs: the runner finds out where they arose. */
  get errors(): readonly KernelErrorContent[] {
    return this.#errors;
  }

  /** Errors that nobody caught, of this cell or of an earlier one that is still at work. */
  get uncaught(): readonly Uncaught[] {
    return this.#uncaught;
  }

  /** All outputs so far. */
  get outputs(): Output[] {
    this.#endStream();
    return this.#outputs;
  }

  /** Takes a message of the kernel's; those that show nothing are passed over. */
  readonly take = (type: string, content: Content): void => {
    switch (type) {
      case "stream":
        return this.#takeStream(String(content.name), String(content.text));
      case "display_data":
      case "execute_result":
        return this.#takeDisplay(type, content);
      case "update_display_data":
        return this.#displays.update(displayIdOf(content) ?? "", content);
      case "clear_output":
        this.#clearsNext = true;
        return content.wait === true ? undefined : this.#clear();
      case "error":
        this.#errors.push({
          ename: String(content.ename),
          evalue: String(content.evalue),
          traceback: Array.isArray(content.traceback) ? content.traceback.map(String) : [],
        });
    }
  };

  #takeStream(name: string, text: string): void {
    this.#clear();
    if (this.#stream?.name !== name) {
      this.#endStream();
      this.#stream = { name, parts: [] };
    }
    this.#stream!.parts.push(text);
  }

  #takeDisplay(type: DisplayOutput["output_type"], content: Content): void {
    const data = objectOf(content.data);
    const uncaught = parseUncaught(data[UNCAUGHT_MIME]);
    if (uncaught) return void this.#uncaught.push(uncaught);
    if (Object.keys(data).length === 0) return;
    this.#clear();
    this.#endStream();
    const count = type === "execute_result" ? { execution_count: content.execution_count ?? null } : {};
    const output: DisplayOutput = { output_type: type, data, metadata: objectOf(content.metadata), ...count };
    this.#outputs.push(output);
    const id = displayIdOf(content);
    if (id !== undefined) this.#displays.add(id, output);
  }

  #endStream(): void {
    if (!this.#stream) return;
    const { name, parts } = this.#stream;
    this.#outputs.push({ output_type: "stream", name, text: lines(parts.join("")) });
    this.#stream = undefined;
  }

  /** Clears now what was asked to be cleared with the next output. */
  #clear(): void {
    if (!this.#clearsNext) return;
    this.#clearsNext = false;
    this.#outputs = [];
    this.#stream = undefined;
  }
}

function displayIdOf({ transient }: Content): string | undefined {
  const { display_id: id } = objectOf(transient);
  return typeof id === "string" ? id : undefined;
}

function objectOf(value: unknown): Mime {
  return typeof value === "object" && value !== null ? value as Mime : {};
}
