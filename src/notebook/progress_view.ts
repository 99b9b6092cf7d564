import { counted, duration, fixed, whole } from "relay/notebook/format.ts";
import { html, type Markup } from "relay/notebook/html.ts";
import type { MimeBundle } from "relay/notebook/live/display.ts";

/** How far one run is. */
export interface RunProgress {
  readonly runId: string;
  readonly label: string;
  readonly envSteps: number;
  /** Working time of the run, earlier sittings included. */
  readonly elapsedMs: number;
  readonly totalEnvSteps: number | undefined;
  /** Team return of the last evaluation. */
  readonly lastReturn: number | undefined;
}

/** How far all runs are. */
export interface ProgressState {
  readonly phase: "running" | "finished" | "stopped" | "failed";
  readonly total: number;
  readonly finished: number;
  /** Of the finished ones, those that were finished before. */
  readonly reused: number;
  /** Those begun and not finished. */
  readonly running: readonly RunProgress[];
  /** Since the progress was first shown. */
  readonly elapsedMs: number;
}

const CELL = "text-align:left;padding:1px 12px 1px 0;white-space:nowrap;font-variant-numeric:tabular-nums";

/** Bars of the running runs and how many are finished; at the end one line. */
export function progressBundle(state: ProgressState): MimeBundle {
  const rows = state.phase === "running" ? state.running.map(facts) : [];
  const text = [...rows.map(({ words }) => words.filter(Boolean).join("  ")), summary(state)].join("\n");
  const table = html`
    <table class="relay-bars" style="border-collapse:collapse;border:0;margin:0">
      <tbody>${rows.map(row)}</tbody>
    </table>
  `;
  const markup = html`<div class="relay-progress" role="status">${
    rows.length > 0 && table
  }<p style="margin:0">${summary(state)}</p></div>`;
  return { "text/html": markup.toString(), "text/plain": text };
}

/** "7 of 15 runs finished", and at the end "15 runs, 14 reused, 2 min 3 s". */
function summary({ phase, total, finished, reused, elapsedMs }: ProgressState): string {
  const time = minutes(elapsedMs);
  if (phase === "running") return `${whole(finished)} of ${counted(total, "run")} finished, ${time}`;
  if (phase !== "finished") {
    const word = phase === "stopped" ? "Stopped" : "Failed";
    return `${word}: ${whole(finished)} of ${counted(total, "run")} finished, ${time}`;
  }
  const parts = [counted(total, "run")];
  if (reused > 0) parts.push(reused === total ? "reused" : `${whole(reused)} reused`);
  return [...parts, time].join(", ");
}

interface Facts {
  readonly words: readonly string[];
  readonly fraction: number | undefined;
}

function facts({ label, envSteps, elapsedMs, totalEnvSteps, lastReturn }: RunProgress): Facts {
  const fraction = totalEnvSteps === undefined ? undefined : Math.min(1, envSteps / totalEnvSteps);
  const rate = elapsedMs > 0 ? envSteps / elapsedMs : 0; // over all sittings of the run
  const leftMs = totalEnvSteps === undefined || rate === 0 ? undefined : (totalEnvSteps - envSteps) / rate;
  return {
    fraction,
    words: [
      label,
      fraction === undefined ? `${whole(envSteps)} steps` : `${fixed(100 * fraction, 0)} %`,
      rate > 0 ? `${whole(1000 * rate)} steps/s` : "",
      lastReturn === undefined ? "" : `return ${fixed(lastReturn, 1)}`,
      leftMs === undefined ? "" : `${minutes(leftMs)} left`,
    ],
  };
}

function row({ words: [label, ...cells], fraction }: Facts): Markup {
  const bar = fraction !== undefined && html`<progress max="1" value="${fraction.toFixed(4)}"></progress>`;
  return html`
    <tr
      style="background:none"><th scope="row" style="${CELL};font-weight:500">${label!}</th><td style="${CELL}">${bar}</td>${cells
        .map((cell) => html`<td style="${CELL}">${cell}</td>`)}</tr>
  `;
}

/** "45 s", "2 min 3 s" or "3.4 h". */
function minutes(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  return seconds < 5400 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : duration(milliseconds);
}
