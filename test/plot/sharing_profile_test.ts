import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { sharingProfile } from "relay/plot/sharing_profile.ts";
import { LIGHT } from "relay/plot/theme.ts";

const bins = (...counts: [sent: number, collected: number][]) =>
  counts.map(([sent, collected], k) => ({ label: `range ${k}`, sent, collected }));

const figure = sharingProfile({
  arms: [
    { name: "quantile", label: "<b>quantile</b>", runs: [bins([1, 10], [4, 4]), bins([1, 30], [0, 0])] },
    { name: "random", label: "random", runs: [bins([4, 40], [1, 10])] },
  ],
  allArms: ["none", "quantile", "random"],
  xTitle: "reward",
  theme: LIGHT,
});

describe("sharingProfile()", () => {
  it("draws the fraction sent of each range, all runs together as a line, each run as points", () => {
    const [runs, line] = figure.data;
    assertEquals([...runs!.y], [0.1, 1, 1 / 30, NaN]);
    assertEquals([...runs!.x], [0, 1, 0, 1]);
    assertEquals([...line!.y], [2 / 40, 1]);
    assertEquals(line!.customdata, [["range 0", 2, 40], ["range 1", 4, 4]]);
  });

  it("names the ranges on the axis and gives each arm its colour of the whole comparison", () => {
    assertEquals(figure.layout.xaxis.ticktext, ["range 0", "range 1"]);
    const colors = figure.data.filter(({ meta }) => meta.role === "summary").map(({ line }) => line!.color);
    assertEquals(colors, [LIGHT.arms[1]!.line, LIGHT.arms[2]!.line]);
  });

  it("breaks the names of ranges before their end", () => {
    const arm = {
      name: "random",
      label: "random",
      runs: [[{ label: "−0.10 to 5.00", sent: 1, collected: 2 }]],
    };
    const { layout } = sharingProfile({ arms: [arm], allArms: ["random"], xTitle: "", theme: LIGHT });
    assertEquals(layout.xaxis.ticktext, ["−0.10<br>to 5.00"]);
  });

  it("shows labels as they are written", () => {
    assertEquals(figure.data[1]!.name, "&lt;b&gt;quantile&lt;/b&gt;");
  });
});
