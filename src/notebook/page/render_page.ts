import { openStream } from "relay/rng/stream.ts";
import { BOOTSTRAP } from "relay/stats/bootstrap.ts";
import { evaluateClaim } from "relay/stats/claim.ts";
import { RETURN_METRIC } from "relay/stats/run_series.ts";
import { bandwidthOverTime } from "relay/plot/bandwidth_over_time.ts";
import { finalReturns } from "relay/plot/final_returns.ts";
import type { Figure } from "relay/plot/figure.ts";
import { learningCurves } from "relay/plot/learning_curves.ts";
import { packJson } from "relay/plot/pack_json.ts";
import { tdErrors } from "relay/plot/td_errors.ts";
import { DARK, LIGHT } from "relay/plot/theme.ts";
import { themeColors } from "relay/plot/theme_colors.ts";
import { summariseArms } from "relay/notebook/tables/arm_summary.ts";
import { FIGURE_IDS, figuresSection } from "relay/notebook/page/figures_section.ts";
import { counted, whole } from "relay/notebook/format.ts";
import { html, jsonBlock, Markup } from "relay/notebook/html.ts";
import style from "relay/notebook/page/page.css" with { type: "text" };
import script from "relay/notebook/page/page_script.js" with { type: "text" };
import type { PageInput } from "relay/notebook/tables/page_input.ts";
import { cspHash, plotlyBundle } from "relay/notebook/plotly_bundle.ts";
import { runsSection } from "relay/notebook/tables/runs_section.ts";
import { setupSection } from "relay/notebook/tables/setup_section.ts";
import { statisticsSection } from "relay/notebook/tables/statistics_section.ts";
import { lastStep, summarySection } from "relay/notebook/page/summary_section.ts";

/** The resamples of a page never change, so that the same runs give the same page, byte for byte. */
const BOOTSTRAP_SEED = 20_231_101;

/**
 * The page of a comparison as one self-contained HTML file: verdicts, figures, tables, settings and manifests. It makes no
 * request; its Content-Security-Policy lets only two scripts run, named by their SHA-256: the page's own and Plotly,
 * which is embedded once, gzipped. Runs that have no evaluation yet are named and left out.
 *
 * @param input nothing in it is trusted; every string is escaped
 * @returns HTML text, about 1 MB
 * @throws {RangeError} when an evaluation is not a finite number, naming run and step
 */
export async function renderPage(input: PageInput): Promise<string> {
  const evaluated = input.runs.filter(({ rows }) => rows.some(({ metric }) => metric === RETURN_METRIC));
  const leftOut = input.runs.filter((run) => !evaluated.includes(run));
  const stream = openStream(BOOTSTRAP_SEED);
  const arms = summariseArms({ arms: input.arms, runs: evaluated }, stream.fork("table"));
  const verdicts = input.claims.map((claim, i) =>
    evaluateClaim(claim, evaluated, { ...BOOTSTRAP, stream: stream.fork(`claim/${i}`) })
  );
  const comparison = { arms: input.arms, runs: evaluated, theme: LIGHT, stream: stream.fork("figures") };
  const figures: Record<(typeof FIGURE_IDS)[number], Figure> = {
    learning: learningCurves(comparison),
    final: finalReturns(comparison),
    bandwidth: bandwidthOverTime(comparison, "log"),
    td: tdErrors(comparison),
  };
  const plotly = await plotlyBundle();
  const policy = contentSecurityPolicy([await cspHash(script), plotly.cspHash]);
  const page = html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="${policy}">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>${input.title}</title>
        <style>${new Markup(style)}</style>
      </head>
      <body>
    <a class="skip" href="#summary">Skip to the summary</a>
    <header>
    <div class="eyebrow"><span>Relay · reproduction · preset ${input.preset}</span>${themeSwitch()}</div>
    <h1>${input.title}</h1>
    <p class="facts">${facts(input)}</p>
    <nav aria-label="Sections">${SECTIONS.map(([id, title]) =>
      html`
        <a href="#${id}">${title}</a>
      `
    )}</nav>
    </header>
    <main>
    ${summarySection({ input, arms, verdicts, leftOut })}
    <noscript><p class="warning">The figures need JavaScript; every number they show is in the tables.</p></noscript>
    <p class="warning" id="plot-error" role="alert" hidden></p>
    ${figuresSection(arms)}
    ${statisticsSection(arms)}
    ${setupSection(input)}
    ${runsSection(input)}
    <section id="reproduce" aria-labelledby="reproduce-title">
    <h2 id="reproduce-title">How to reproduce</h2>
    <p>In a checkout of the commit named under “Runs and versions”:</p>
    <pre tabindex="0">${input.command}</pre>
    </section>
    </main>
    ${FIGURE_IDS.map((id) => jsonBlock(`data-${id}`, packJson(figures[id])))}
    ${jsonBlock("dark-colors", JSON.stringify(themeColors(LIGHT, DARK)))}
    <script type="application/gzip" id="plotly">${new Markup(plotly.gzipBase64)}</script>
    <script>${new Markup(script)}</script>
      </body>
    </html>
  `;
  return page.toString();
}

const SECTIONS = [
  ["summary", "Summary"],
  ["learning", "Learning curves"],
  ["final", "Final returns"],
  ["bandwidth", "Bandwidth"],
  ["td", "TD errors"],
  ["statistics", "Statistics"],
  ["setup", "Settings"],
  ["runs", "Runs"],
  ["reproduce", "Reproduce"],
] as const;

/** Plotly styles its elements inline, so styles cannot be hashed; images are the stills that its save button makes. */
function contentSecurityPolicy(scriptHashes: readonly string[]): string {
  return [
    "default-src 'none'",
    `script-src ${scriptHashes.join(" ")}`,
    "style-src 'unsafe-inline'",
    "img-src data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

function themeSwitch(): Markup {
  return html`
    <label
      class="theme">Theme <select id="theme"><option value="">system</option><option value="light">light</option><option value="dark">dark</option></select></label>
  `;
}

/** Size of the comparison and when it ended, as far as manifests say. */
function facts({ runs, arms }: PageInput): string {
  const seeds = new Set(runs.map(({ seed }) => seed)).size;
  const steps = runs.reduce((most, run) => Math.max(most, lastStep(run)), 0);
  const ended = runs.map(({ manifest }) => manifest["endedAt"]).filter((at) => typeof at === "string").sort()
    .at(-1);
  const parts = [
    counted(arms.length, "arm"),
    counted(seeds, "seed"),
    counted(runs.length, "run"),
    `${whole(steps)} joint environment steps each`,
  ];
  if (ended !== undefined) parts.push(`finished ${ended.slice(0, 10)}`);
  return parts.join(" · ");
}
