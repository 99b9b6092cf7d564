import { BOOTSTRAP } from "relay/stats/bootstrap.ts";
import { type Claim, evaluateClaim, type Verdict } from "relay/stats/claim.ts";
import { html, type Markup } from "relay/notebook/html.ts";
import { display, type MimeBundle } from "relay/notebook/live/display.ts";
import { type ClaimView, RELAY_MIME, type RelayOutput } from "relay/notebook/relay_output.ts";
import { reportStream, type Results } from "relay/notebook/results.ts";

/** What a claim is held against: a claim of stats/claim.ts but for its name and words. */
export type Evidence = DistributiveOmit<Claim, "id" | "text"> & { readonly results: Results };

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** What verdicts say beside. */
export interface ClaimsOptions {
  /** Whose runs these are, where they are not those that the notebook has trained; the page then tells of them apart. */
  readonly about?: string;
}

/** Shows the verdict on every claim of the comparison; where its preset claims nothing, it says so. */
export async function claims(results: Results, options: ClaimsOptions = {}): Promise<readonly Verdict[]> {
  const verdicts = results.comparison.claims.map((claim, i) =>
    evaluateClaim(claim, results.runs, { ...BOOTSTRAP, stream: reportStream(`claim/${i}`) })
  );
  await display(claimsBundle(verdicts, results.comparison.preset, options));
  return withoutEcho(verdicts);
}

/**
 * Shows the verdict on one claim.
 *
 * @param text the claim in words, without a full stop
 *
 * @example
 * ```ts ignore
 * const verdict = await claim("my selector ends above no sharing", {
 *   results, kind: "greater", metric: "final", arm: "mine", baseline: "none", minProbability: 0.5,
 * });
 * ```
 */
export async function claim(text: string, { results, ...evidence }: Evidence): Promise<Verdict> {
  const own = { ...evidence, id: "own", text } as Claim;
  const verdict = evaluateClaim(own, results.runs, { ...BOOTSTRAP, stream: reportStream("claim/own") });
  await display(claimsBundle([verdict], results.comparison.preset));
  return withoutEcho(verdict);
}

/** A value that a cell may end with: it is shown already, so the kernel must not print it below. */
function withoutEcho<T extends object>(value: T): T {
  return Object.defineProperty(value, Symbol.for("Jupyter.display"), { value: () => ({}) });
}

const WORDS = { true: "holds", false: "fails", undecided: "undecided" } as const;
const MARKS = { holds: "✓", fails: "✗", undecided: "?" } as const;
const COLORS = { holds: "#2e8b57", fails: "#d1453b", undecided: "#a87400" } as const;

/** Verdicts as every front end and the exporter want them. */
export function claimsBundle(
  verdicts: readonly Verdict[],
  preset: string,
  options: ClaimsOptions = {},
): MimeBundle {
  if (verdicts.length === 0) {
    const text = `Preset “${preset}” claims nothing: its runs are too short to show anything.`;
    return { "text/html": html`<p class="relay-note">${text}</p>`.toString(), "text/plain": text };
  }
  const views = verdicts.map((verdict) => ({ ...claimView(verdict), ...options }));
  const output: RelayOutput = { kind: "claims", claims: views };
  return {
    [RELAY_MIME]: output,
    "text/html": html`
      <table class="relay-claims" style="border-collapse:collapse;border:0;margin:0">
        <tbody>${views.map(claimRow)}</tbody>
      </table>
    `.toString(),
    "text/plain": views.map((view) =>
      `${MARKS[wordOf(view)]} ${wordOf(view)}: ${view.text}. ${view.evidence}`
    ).join("\n"),
  };
}

function claimView({ claim: { text }, holds, estimate, low, high, n, text: evidence }: Verdict): ClaimView {
  const finite = (value: number) => Number.isFinite(value) ? value : null;
  return { text, holds, estimate: finite(estimate), low: finite(low), high: finite(high), n, evidence };
}

function wordOf({ holds }: ClaimView): keyof typeof MARKS {
  return WORDS[String(holds) as keyof typeof WORDS];
}

function claimRow(view: ClaimView): Markup {
  const word = wordOf(view);
  const cell = "text-align:left;vertical-align:top;white-space:normal;padding:4px 16px 4px 0";
  return html`
    <tr class="claim ${word}" style="background:none">
      <th scope="row" class="verdict"
        style="${cell};white-space:nowrap;min-width:7em;color:${COLORS[word]}">${MARKS[word]} ${word}</th>
      <td
        style="${cell}"><span class="claim-text">${view
          .text}</span><br><span class="evidence" style="opacity:0.75">${view.evidence}</span></td>
    </tr>
  `;
}
