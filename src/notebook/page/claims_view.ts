import { counted, fixed, listed, whole } from "relay/notebook/format.ts";
import { html, type Markup } from "relay/notebook/html.ts";
import type { PlacedClaim } from "relay/notebook/page/page_parts.ts";
import type { ClaimView } from "relay/notebook/relay_output.ts";

const MARKS = { holds: "✓", fails: "✗", undecided: "?" } as const;

/** The verdicts where a cell shows them. */
export function claimsList(claims: readonly PlacedClaim[]): Markup {
  return html`<ul class="claims">${claims.map(claimItem)}</ul>`;
}

/**
 * All claims of a page in one sentence, each with its verdict and a link to where it stands. Claims about runs that the notebook has not
 * trained itself come after its own, apart from them.
 */
export function claimsSummary(claims: readonly PlacedClaim[]): Markup {
  const groups = Map.groupBy(claims, ({ claim }) => claim.about ?? "");
  const about = [...groups.keys()].sort((a, b) => Number(a !== "") - Number(b !== ""));
  return html`
    <section class="summary" aria-labelledby="summary-title">
      <h2 id="summary-title">Claims</h2>${about.map((whose) =>
        claimsGroup(whose, groups.get(whose)!)
      )}</section>
  `;
}

function claimsGroup(about: string, claims: readonly PlacedClaim[]): Markup {
  const sentence = claimSentence(claims.map(({ claim }) => claim));
  return html`
    <p class="lead">${about === ""
      ? sentence
      : `${about}: ${sentence[0]!.toLowerCase()}${sentence.slice(1)}`}</p>
    <ul class="verdicts">${claims.map(summaryItem)}</ul>
  `;
}

/** "Of 3 claims 2 hold and 1 fails." */
function claimSentence(claims: readonly ClaimView[]): string {
  const count = (word: keyof typeof MARKS) => claims.filter((claim) => verdictOf(claim) === word).length;
  const parts = ([["holds", "hold"], ["fails", "fail"], ["undecided", "undecided"]] as const)
    .map(([singular, plural]) => ({ number: count(singular), singular, plural }))
    .filter(({ number }) => number > 0)
    .map(({ number, singular, plural }) => {
      if (singular === "undecided") return `${whole(number)} ${number === 1 ? "is" : "are"} undecided`;
      return `${whole(number)} ${number === 1 ? singular : plural}`;
    });
  if (claims.length === 1) return `The one claim ${parts[0]!.replace(/^1 /, "")}.`;
  return `Of ${counted(claims.length, "claim")} ${listed(parts)}.`;
}

/** The word for what a claim came to. */
export function verdictOf({ holds }: ClaimView): keyof typeof MARKS {
  if (holds === "undecided") return holds;
  return holds ? "holds" : "fails";
}

/** "0.83 [0.5, 1.0]", or nothing where there is no estimate. */
export function intervalText({ estimate, low, high }: ClaimView): string {
  if (estimate === null) return "";
  const digits = Math.abs(estimate) < 10 ? 2 : 1;
  const interval = low === null || high === null ? "" : ` [${fixed(low, digits)}, ${fixed(high, digits)}]`;
  return fixed(estimate, digits) + interval;
}

function claimItem({ claim, id }: PlacedClaim): Markup {
  // Evidence of Relay's own claims names its numbers.
  const hasNumbers = /\[.*\]/.test(claim.evidence);
  const numbers = [intervalText(claim), `${counted(claim.n, "run")} an arm`].filter(Boolean).join(", ");
  const evidence = hasNumbers ? claim.evidence : `${claim.evidence} ${numbers}.`;
  return html`
    <li class="claim ${verdictOf(claim)}"
      id="${id}">${verdictBadge(claim)}<div><span class="claim-text">${claim
        .text}</span><span class="evidence">${evidence.trim()}</span></div></li>
  `;
}

function summaryItem({ claim, id }: PlacedClaim): Markup {
  return html`<li class="claim ${verdictOf(claim)}">${
    verdictBadge(claim)
  }<a href="#${id}">${claim.text}</a></li>`;
}

function verdictBadge(claim: ClaimView): Markup {
  const word = verdictOf(claim);
  return html`<span class="verdict"><span aria-hidden="true">${MARKS[word]}</span> ${word}</span>`;
}
