/** A Worker that asks a selector about TD errors: there, as in training, it sees nothing of the notebook's cells. */
import { type CollectedTdErrors, decide, type Decisions } from "relay/share/decide.ts";
import type { ShareConfig } from "relay/share/share_config.ts";

/** What the Worker is sent. */
export interface DecideJob {
  readonly share: ShareConfig;
  readonly collected: CollectedTdErrors;
  readonly seed: number;
}

/** What it answers. */
export type DecideReply = { readonly decisions: Decisions } | {
  readonly error: { readonly name: string; readonly message: string };
};

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<DecideJob>) => void;
  postMessage: (reply: DecideReply) => void;
};
scope.onmessage = async ({ data: { share, collected, seed } }) => {
  try {
    scope.postMessage({ decisions: await decide(share, collected, { seed }) });
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    scope.postMessage({ error: { name, message } });
  }
};
