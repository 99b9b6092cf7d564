/**
 * The tables of a comparison as outputs of a notebook: static HTML, and plain text beside it.
 * @module
 */
import { RETURN_METRIC } from "relay/stats/run_series.ts";
import { counted } from "relay/notebook/format.ts";
import { html } from "relay/notebook/html.ts";
import { display, type MimeBundle } from "relay/notebook/live/display.ts";
import { reportStream, type Results } from "relay/notebook/results.ts";
import { summariseArms } from "relay/notebook/tables/arm_summary.ts";
import { fewRunsNote } from "relay/notebook/tables/few_runs_note.ts";
import type { PageInput } from "relay/notebook/tables/page_input.ts";
import { manifestTables, runsTable } from "relay/notebook/tables/runs_table.ts";
import { settingsTable } from "relay/notebook/tables/settings_table.ts";
import { statisticsTables } from "relay/notebook/tables/statistics_table.ts";
import { foldedHtml, staticBundle, tableHtml, tableText } from "relay/notebook/tables/table_view.ts";

/** What the table of statistics says beside. */
export interface StatisticsOptions {
  /** Name of a second arm that all are compared with, beside the first; nothing more is said where it was not run. */
  readonly alsoAgainst?: string | undefined;
}

/** Shows every number of the comparison, one row an arm. */
export async function showStatistics(results: Results, options: StatisticsOptions = {}): Promise<void> {
  await display(statisticsBundle(results.pageInput, options));
}

/** Shows the arms, every setting that differs from the paper's, and the whole preset. */
export async function showSettings(results: Results): Promise<void> {
  await display(settingsBundle(results.pageInput));
}

/** Shows the runs, folded, and the manifests: versions, hardware, times. */
export async function showRuns(results: Results): Promise<void> {
  await display(runsBundle(results.pageInput));
}

/** Shows what the reader must not conclude: what the preset changes against the paper, and what so few seeds cannot say. */
export async function showNotes(results: Results): Promise<void> {
  await display(notesBundle(results.pageInput));
}

/** See {@link showStatistics}. */
export function statisticsBundle(
  { arms, runs }: PageInput,
  { alsoAgainst }: StatisticsOptions = {},
): MimeBundle {
  const evaluated = runs.filter(({ rows }) => rows.some(({ metric }) => metric === RETURN_METRIC));
  const summaries = summariseArms({ arms, runs: evaluated }, { stream: reportStream("table"), alsoAgainst });
  const tables = statisticsTables(summaries, alsoAgainst);
  const apart = tables.map((table, i) =>
    i === 0 ? tableHtml(table) : html`<div style="margin-top:1.5rem">${tableHtml(table)}</div>`
  );
  return staticBundle(apart, tables.map(tableText).join("\n\n"));
}

/** See {@link showSettings}. */
export function settingsBundle(input: PageInput): MimeBundle {
  const { arms, config, preset } = input;
  const table = settingsTable(input);
  const isPapers = table.rows.length === 0;
  const armList = html`<dl class="arms">${
    arms.map(({ label, description }) =>
      html`
        <dt><strong>${label}</strong></dt>
        <dd>${description}</dd>
      `
    )
  }</dl>`;
  const differences = isPapers
    ? html`<p>Every setting is the paper’s.</p>`
    : html`<p>Settings that differ from the paper’s:</p>${tableHtml(table)}`;
  const inFull = foldedHtml(
    `Preset “${preset}” in full`,
    html`<pre>${JSON.stringify(config, null, 2)}</pre>`,
  );
  const text = [
    ...arms.map(({ label, description }) => `${label}: ${description}`),
    isPapers ? "Every setting is the paper’s." : tableText(table),
  ];
  return staticBundle([armList, differences, inFull], text.join("\n"));
}

/** See {@link showRuns}. */
export function runsBundle(input: PageInput): MimeBundle {
  const runs = runsTable(input);
  const { shared, own } = manifestTables(input);
  return staticBundle([
    foldedHtml(counted(input.runs.length, "run"), tableHtml(runs)),
    foldedHtml("Manifest shared by all runs: versions, hardware, settings", tableHtml(shared)),
    ...(own.head.length > 1 ? [foldedHtml("Manifest of each run: where they differ", tableHtml(own))] : []),
  ], tableText(runs));
}

/** See {@link showNotes}. */
export function notesBundle({ notes, arms, runs }: PageInput): MimeBundle {
  const counts = arms.map(({ name }) => runs.filter(({ arm }) => arm === name).length);
  const all = [...notes, ...fewRunsNote(counts)];
  if (all.length === 0) {
    const text = "There is nothing to warn of.";
    return staticBundle([html`<p>${text}</p>`], text);
  }
  return staticBundle(
    [html`
      <div class="notes">
        <ul>${all.map((note) => html`<li>${note}</li>`)}</ul>
      </div>
    `],
    all.map((note) => `– ${note}`).join("\n"),
  );
}
