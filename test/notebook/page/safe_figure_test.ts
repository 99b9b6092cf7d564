import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { safeFigure } from "relay/notebook/page/safe_figure.ts";

describe("safeFigure", () => {
  it("keeps data and the markup that plain text needs, and shows the brackets of any other", () => {
    const name =
      'a<br>b <b>c</b> H<sub>2</sub> <a href="x">d</a> <span style="x">e</span> <b onclick="x">f</b> 1 < 2';
    const { data } = safeFigure({
      data: [{ type: "scatter", name, x: [1, null], y: { dtype: "f8", bdata: "AA==" } }],
    })!;
    assertEquals(data, [{
      type: "scatter",
      name:
        'a<br>b <b>c</b> H<sub>2</sub> &lt;a href="x">d&lt;/a> &lt;span style="x">e&lt;/span> &lt;b onclick="x">f</b> 1 &lt; 2',
      x: [1, null],
      y: { dtype: "f8", bdata: "AA==" },
    }]);
  });

  it("drops what loads, links and calls, at any depth", () => {
    const layout = JSON.parse(
      '{"images":[{"source":"https://x.y"}],"updatemenus":[{}],"sliders":[{}],"template":{"layout":{"images":[{}]}},"__proto__":{"a":1},"map":{"style":"https://x.y"},"xaxis":{"type":"log"}}',
    );
    const figure = safeFigure({
      data: [],
      layout,
      config: { plotlyServerURL: "https://x.y" },
      frames: [{}],
    })!;
    assertEquals(figure, {
      data: [],
      layout: { template: { layout: {} }, xaxis: { type: "log" }, height: 420, autosize: true },
      heightPx: 420,
    });
  });

  it("is as wide as the page, and of a sane height", () => {
    const height = (value: unknown) => safeFigure({ data: [], layout: { width: 9000, height: value } })!;
    assert(!("width" in height(300).layout));
    assertEquals([300, 1e9, 1, "x", NaN].map((value) => height(value).heightPx), [300, 1600, 120, 420, 420]);
  });

  it("refuses what Plotly's cartesian build cannot draw, what loads, and what is no figure", () => {
    for (const type of ["scattergl", "image", "scattermap", "parcoords"]) {
      assertEquals(safeFigure({ data: [{ type }], layout: {} }), undefined, type);
    }
    for (const value of [undefined, null, 7, [], { data: {} }, { data: [null] }, { data: ["x"] }]) {
      assertEquals(safeFigure(value), undefined, JSON.stringify(value));
    }
  });
});
