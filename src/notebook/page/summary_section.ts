import type { Verdict } from "relay/stats/claim.ts";
import type { ArmSummary } from "relay/notebook/tables/arm_summary.ts";
import { brackets, counted, fixed, listed, whole } from "relay/notebook/format.ts";
import { html, type Markup } from "relay/notebook/html.ts";
import type { PageInput, PageRun } from "relay/notebook/tables/page_input.ts";

/** What the head of the page needs to know. */
export interface Summary {
  readonly input: PageInput;
  readonly arms: readonly ArmSummary[];
  readonly verdicts: readonly Verdict[];
  /** Runs without an evaluation yet. */
  readonly leftOut: readonly PageRun[];
}

/** The result in two sentences, the verdict on every claim, and what the reader must not conclude. */
export function summarySection({ input, arms, verdicts, leftOut }: Summary): Markup {
  const notes = [...input.notes, ...fewRunsNote(arms)];
  return html`<section id="summary" aria-labelledby="summary-title">
<h2 id="summary-title">Summary</h2>
<p class="lead">${claimSentence(verdicts)} ${resultSentence(arms)}</p>
${verdicts.length > 0 && html`<ul class="claims">${verdicts.map(claimItem)}</ul>`}
${
    leftOut.length > 0 &&
    html`<p class="warning"><strong>Left out:</strong> ${
      counted(leftOut.length, "run")
    } without an evaluation yet (${listed(leftOut.map(({ runId }) => runId))}).</p>`
  }
${
    notes.length > 0 && html`
      <div class="notes">
        <h3>Read this before concluding anything</h3>
        <ul>${notes.map((note) => html`<li>${note}</li>`)}</ul>
      </div>
    `
  }
</section>`;
}

const WORDS = { true: "holds", false: "fails", undecided: "undecided" } as const;
const MARKS = { true: "✓", false: "✗", undecided: "?" } as const;

function claimItem({ claim, holds, text }: Verdict): Markup {
  const state = String(holds) as keyof typeof WORDS;
  return html`
    <li
      class="claim ${WORDS[state]}"><span class="verdict"><span aria-hidden="true">${MARKS[
        state
      ]}</span> ${WORDS[state]}</span><span class="claim-text">${claim
        .text}<span class="evidence">${text}</span></span></li>
  `;
}

function claimSentence(verdicts: readonly Verdict[]): string {
  if (verdicts.length === 0) return "";
  const count = (holds: Verdict["holds"]) => verdicts.filter((verdict) => verdict.holds === holds).length;
  const parts: string[] = [];
  if (count(true) > 0) parts.push(`${whole(count(true))} ${count(true) === 1 ? "holds" : "hold"}`);
  if (count(false) > 0) parts.push(`${whole(count(false))} ${count(false) === 1 ? "fails" : "fail"}`);
  const open = count("undecided");
  if (open > 0) parts.push(`${whole(open)} ${open === 1 ? "is" : "are"} undecided`);
  return `Of ${counted(verdicts.length, "claim")} ${listed(parts)}.`;
}

function resultSentence(arms: readonly ArmSummary[]): string {
  const measured = arms.filter(({ finalIqm }) => finalIqm !== null);
  if (measured.length === 0) return "No run has been evaluated yet.";
  const best = measured.reduce((a, b) => b.finalIqm!.estimate > a.finalIqm!.estimate ? b : a);
  const baseline = measured[0]!;
  const value = ({ finalIqm }: ArmSummary) => `${fixed(finalIqm!.estimate, 1)} ${brackets(finalIqm!, 1)}`;
  const steps = Math.max(...measured.flatMap(({ runs }) => runs.map(lastStep)));
  const head = `After ${
    whole(steps)
  } joint environment steps the highest final return is that of “${best.arm.label}”, ${value(best)}`;
  const tail = best === baseline ? "" : `, against ${value(baseline)} for “${baseline.arm.label}”`;
  return `${head}${tail} (interquartile mean over ${seedCount(measured)} and its 95 % bootstrap interval).`;
}

function seedCount(arms: readonly ArmSummary[]): string {
  const counts = arms.map(({ runs }) => runs.length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? `${counted(most, "seed")} an arm` : `${least} to ${most} seeds an arm`;
}

/** The step of a run's last row. */
export function lastStep(run: PageRun): number {
  return run.rows.reduce((last, { envSteps }) => Math.max(last, envSteps), 0);
}

/** What so few seeds cannot say; see stats/bootstrap.ts. */
function fewRunsNote(arms: readonly ArmSummary[]): string[] {
  const counts = arms.map(({ runs }) => runs.length).filter((count) => count > 0);
  const least = Math.min(...counts);
  if (counts.length === 0 || least >= 10) return [];
  if (least === 1) {
    return ["With one seed an arm, nothing is known of the spread between seeds: intervals have no width."];
  }
  const held = 100 * (1 - 2 * 0.5 ** least);
  return [
    `With ${least} seeds an arm, intervals cannot reach beyond the lowest and the highest seed, and even that range holds the true median in only ${
      fixed(held, held > 99 ? 1 : 0)
    } % of experiments.`,
  ];
}
