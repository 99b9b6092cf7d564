import { html, type Markup } from "relay/notebook/html.ts";
import type { PageParts } from "relay/notebook/page/page_parts.ts";

/** Parts of curves that a reader may take away, by the role of their traces. */
const PARTS_OF_CURVES = [["band", "95 % intervals"], ["run", "single seeds"], [
  "recorded",
  "recorded runs",
]] as const;

/** The page's switches; those that would switch nothing are left out. They are hidden until the page's script runs. */
export function pageControls({ traceRoles }: PageParts, isCodeShown: boolean): Markup {
  const code = isCodeShown
    ? html`<label><input type="checkbox" id="code" checked> code</label>`
    : html`<label><input type="checkbox" id="code"> code</label>`;
  const roles = PARTS_OF_CURVES.filter(([role]) => traceRoles.has(role)).map(([role, label]) =>
    html`<label><input type="checkbox" data-role="${role}" checked> ${label}</label>`
  );
  return html`
    <div class="controls" role="group" aria-label="What the page shows"
      hidden>${code}${roles}<label>theme <select id="theme"><option value="">system</option><option value="light">light</option><option value="dark">dark</option></select></label></div>
  `;
}
