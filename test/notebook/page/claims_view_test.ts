import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { claimsSummary } from "relay/notebook/page/claims_view.ts";
import type { ClaimView } from "relay/notebook/relay_output.ts";

function claim(text: string, holds: ClaimView["holds"], about?: string): ClaimView {
  const view = { text, holds, estimate: 1, low: 1, high: 1, n: 3, evidence: "" };
  return about === undefined ? view : { ...view, about };
}

/** The words of a summary, a line an element. */
function words(claims: readonly ClaimView[]): string[] {
  const placed = claims.map((view, i) => ({ claim: view, id: `claim-${i}` }));
  return String(claimsSummary(placed)).split(/<[^>]*>/).map((text) => text.trim()).filter(Boolean);
}

describe("the summary of a page's claims", () => {
  it("tells of runs that the notebook has not trained after its own, apart from them", () => {
    const about = "Recorded runs <of> fc";
    const lines = words([claim("A", true, about), claim("B", false, about), claim("C", "undecided")]);
    assertEquals(lines, [
      ...["Claims", "The one claim is undecided.", "?", "undecided", "C"],
      ...[
        "Recorded runs &lt;of&gt; fc: of 2 claims 1 holds and 1 fails.",
        "✓",
        "holds",
        "A",
        "✗",
        "fails",
        "B",
      ],
    ]);
  });
});
