import type { WorkRequest } from "./program.ts";
import { TextLineStream } from "./text_lines.ts";

/** Requests of a program's standard input, one JSON object a line. */
export async function* parseRequests(
  input: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<WorkRequest & { readonly count: number }> {
  for await (const line of input.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())) {
    yield JSON.parse(line);
  }
}
