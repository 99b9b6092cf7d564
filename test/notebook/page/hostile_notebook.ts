import type { Notebook } from "relay/notebook/notebook_file.ts";
import { randomPolicy, recordReplay } from "relay/notebook/replay.ts";
import { PLOTLY_MIME, RELAY_MIME, type RelayOutput } from "relay/notebook/relay_output.ts";
import { codeCell, failed, notebookOf, printed, shown, textCell } from "./notebook_fixture.ts";

/** Each of these acts, when it is taken as markup, in a browser without a policy. */
export const ATTACKS = [
  `<img src=x onerror="document.title='owned'">`,
  `"></script></pre></style></title></noscript><svg onload="document.title='owned'"></svg><script>document.title='owned'</script>`,
  `x" onmouseover="document.title='owned'" autofocus onfocus="document.title='owned'" tabindex="0`,
  `<a href="javascript:document.title='owned'">x</a><!--<script>`,
] as const;

/** What an output of HTML may hold. */
export const HOSTILE_HTML = `
<script>document.title = "owned"</script><img src="x" onerror="document.title='owned'">
<img src="https://example.org/x.png"><img src="//example.org/x.png" srcset="https://example.org/y.png 2x">
<iframe src="https://example.org" srcdoc="<script>top.document.title='owned'</script>"></iframe>
<style>@import "https://example.org/x.css"; body { background: url(https://example.org/b.png); display: none }</style>
<svg><script>document.title='owned'</script><a xlink:href="javascript:document.title='owned'"><text>x</text></a></svg>
<math><maction actiontype="statusline#x" xlink:href="javascript:document.title='owned'">x</maction></math>
<a href="javascript:document.title='owned'">js</a><a href="JAVA&#x0A;SCRIPT:document.title='owned'">js</a>
<a href="data:text/html,x">data</a><a href="file:///etc/passwd">file</a><a href="//example.org">there</a><a href="page.html">here</a>
<base href="https://example.org/"><meta http-equiv="refresh" content="0;url=https://example.org/"><link rel="stylesheet" href="https://example.org/x.css">
<form action="https://example.org"><input name="x" autofocus onfocus="document.title='owned'"><button>go</button></form>
<object data="https://example.org"></object><embed src="https://example.org"><video src="https://example.org/v" autoplay></video><audio src="https://example.org/a" autoplay></audio>
<div id="theme" data-figure="figure-1" data-replay-data="x" data-role="band" class="controls plot" style="background-image: url(https://example.org/s.png); position: fixed">over</div>
<details ontoggle="document.title='owned'" open><summary>x</summary></details><table background="https://example.org/t.png"><td>x</td></table>
<noscript><p title="</noscript><img src=x onerror=document.title='owned'>"></noscript><template><script>document.title='owned'</script></template>`;

/** A notebook with the attack in every string that a notebook can hold. */
export async function hostileNotebook(attack: string): Promise<Notebook> {
  return notebookOf([
    textCell(`# ${attack}\n\n## ${attack}\n\n${attack}\n\n${markdownOf(attack)}`, {
      [attack]: {
        "image/svg+xml": `<svg xmlns="http://www.w3.org/2000/svg">${attack}</svg>`,
        [attack]: attack,
      },
    }),
    codeCell(`let ${attack} = 1;`, [], { tags: ["parameters", attack] }),
    codeCell(`let name = ${JSON.stringify(attack)}; // ${attack}`, [], { tags: ["parameters"] }),
    codeCell(`name = ${JSON.stringify(attack)};`, [], { tags: ["injected-parameters"] }),
    codeCell(`// ${attack}\nconst x = \`${attack}\`;`, [
      printed(`${attack}\n`.repeat(300)),
      printed(attack, "stderr"),
      printed(attack, attack),
      figureOf(attack),
      claimsOf(attack),
      await replayOf(attack),
      shown({ "text/html": HOSTILE_HTML }),
      shown({ "text/html": attack, [RELAY_MIME]: { kind: attack } }),
      shown({ "image/png": attack, "text/plain": attack }),
      shown({
        "image/svg+xml":
          `<svg xmlns="http://www.w3.org/2000/svg"><script>top.document.title='owned'</script>${attack}</svg>`,
      }),
      shown({ "text/markdown": `# ${attack}\n\n${markdownOf(attack)}` }),
      shown({ [attack]: attack, "application/javascript": "document.title = 'owned'" }),
      { output_type: "execute_result", data: { "text/plain": attack }, metadata: { [attack]: attack } },
      failed(attack, attack, [attack]),
    ]),
  ], { title: attack, relay: relayOf(attack), language_info: { name: attack } });
}

function relayOf(attack: string): unknown {
  return {
    ranAt: attack,
    deno: attack,
    commit: attack,
    command: attack,
    parameters: { [attack]: attack },
    failure: { message: attack },
  };
}

function markdownOf(attack: string): string {
  const address = "javascript:document.title='owned'";
  return `[${attack}](${address}) <${address}> [x]: ${address} [a](data:text/html,x) [b](<x" onclick="document.title='owned'>)

![${attack}](https://example.org/x.png) ![x](<attachment:${attack}>) ![y](javascript:x) ![z](data:text/html;base64,PHg+)

$${attack}$ and $\\href{javascript:x}{y}$ and $\\text{${attack}}$ and $\\class{x" onmouseover="document.title='owned'}{x}$

| ${attack} |
| - |
| ${attack} |

\`\`\`${attack}
${attack}
\`\`\`

[ref]: ${address} "${attack}"

[ref] <script>document.title='owned'</script>`;
}

/** Without `<a href="javascript:…">` but for what the attack itself says, Plotly would refuse: both kinds of links are there. */
function figureOf(attack: string): ReturnType<typeof shown> {
  const link = `<a href="https://example.org" target="_self">${attack}</a>`;
  const text = { text: link };
  const axis = { title: text, tickvals: [0, 1, 2], ticktext: [attack, link, attack], ticksuffix: attack };
  const figure = {
    data: [{
      type: "scatter",
      mode: "lines+markers+text",
      name: attack,
      x: [0, 1, 2],
      y: [0, 1, 2],
      text: [attack, link, attack],
      customdata: [[link], [attack], [link]],
      hovertemplate: `${link} %{customdata[0]} %{x}<extra>${attack}</extra>`,
      hovertext: [attack, link, attack],
      legendgroup: attack,
      legendgrouptitle: text,
      meta: { arm: attack, role: "curve" },
      line: { color: `url(https://example.org)` },
      marker: { symbol: attack },
      textfont: { family: `x;background:url(https://example.org/f)` },
    }, { type: "bar", name: link, x: [0, 1], y: [1, 2], text: link, hoverinfo: "text", hovertext: link }],
    layout: {
      title: text,
      height: 300,
      showlegend: true,
      hovermode: "x unified",
      xaxis: axis,
      yaxis: axis,
      annotations: [{ ...text, x: 1, y: 1, hovertext: link, captureevents: true }],
      shapes: [{ type: "line", x0: 0, x1: 1, y0: 0, y1: 1, label: text }],
      images: [{ source: "https://example.org/i.png", x: 0, y: 1, sizex: 1, sizey: 1 }],
      updatemenus: [{ buttons: [{ label: attack, method: "relayout", args: ["title.text", link] }] }],
      sliders: [{ steps: [{ label: link, method: "relayout", args: ["title.text", link] }] }],
      template: { layout: { title: text, images: [{ source: "https://example.org/t.png" }] } },
      meta: { fileName: attack },
      paper_bgcolor: "url(https://example.org/p.png)",
      font: { family: attack },
    },
    config: { plotlyServerURL: "https://example.org", showSendToCloud: true, editable: true },
    frames: [{ name: attack, layout: { title: text } }],
  };
  return shown({
    [PLOTLY_MIME]: figure,
    [RELAY_MIME]: { kind: "figure", title: attack, caption: attack },
    "image/png": attack,
    "text/html": attack,
    "text/plain": attack,
  });
}

function claimsOf(attack: string): ReturnType<typeof shown> {
  const numbers = { estimate: 1, low: 0, high: 2, n: 3 };
  const output: RelayOutput = {
    kind: "claims",
    claims: ([true, false, "undecided"] as const).map((holds) => ({
      ...numbers,
      holds,
      text: attack,
      evidence: attack,
    })),
  };
  return shown({ [RELAY_MIME]: output, "text/html": attack, "text/plain": attack });
}

/** A true episode under false names. */
async function replayOf(attack: string): Promise<ReturnType<typeof shown>> {
  const env = { id: "sisl/pursuit_v4", options: { x_size: 10, y_size: 10, n_evaders: 4 } };
  const { episode } = await recordReplay(randomPolicy(1), { env, maxSteps: 3 });
  const named = {
    ...episode,
    title: attack,
    groups: episode.groups.map((group) => ({ ...group, name: attack })),
    agents: episode.agents.map(() => attack),
    actions: episode.actions.map(() => attack),
  };
  return shown({ [RELAY_MIME]: { kind: "replay", episode: named, caption: attack }, "text/html": attack });
}
