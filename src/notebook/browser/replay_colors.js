// Colours of the player, light and dark. A part of the player, see replay_scripts.ts.

const REPLAY_LIGHT = {
  ink: "#1b1f24",
  muted: "#57606a",
  line: "#aeb6bf",
  paper: "#ffffff",
  grid: "#e6e9ed",
  wall: "#9aa3ad",
  agent: "#c65200",
  other: "#0072b2",
  red: "#c41e3a",
  onAgent: "#ffffff",
  sight: "rgba(214, 140, 0, 0.17)",
  sightLine: "#b87900",
  bar: "#aeb6bf",
  chosen: "#2f76e0",
};
const REPLAY_DARK = {
  ink: "#e7eaee",
  muted: "#a3acb7",
  line: "#4c5560",
  paper: "#14171b",
  grid: "#262b31",
  wall: "#4c5560",
  agent: "#ff9248",
  other: "#5cb8f2",
  red: "#ff7a80",
  onAgent: "#14171b",
  sight: "rgba(255, 190, 70, 0.16)",
  sightLine: "#e0a63c",
  bar: "#4c5560",
  chosen: "#4b8ff7",
};

/** The colour of group g: of its name where that is red or blue, else one for the first agents and one for others. */
// deno-lint-ignore no-unused-vars
function colorOfGroup(groups, g, colors) {
  const { name, role } = groups[g];
  if (role === "wall") return colors.wall;
  if (name === "red") return colors.red;
  return name !== "blue" && g === 0 && role === "agent" ? colors.agent : colors.other;
}

/** Follows the theme of the page, of JupyterLab or VS Code around the element; calls `onChange` whenever that may have changed. */
// deno-lint-ignore no-unused-vars
function followTheme(element, onChange) {
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const print = matchMedia("print");
  for (const query of [prefersDark, print]) query.addEventListener("change", onChange);
  const observer = new MutationObserver(onChange);
  const attributeFilter = ["data-theme", "data-jp-theme-light", "data-vscode-theme-kind", "class", "style"];
  observer.observe(document.documentElement, { attributes: true, attributeFilter });
  observer.observe(document.body, { attributes: true, attributeFilter });

  function isDark() {
    if (print.matches) return false;
    const { theme } = document.documentElement.dataset;
    if (theme === "dark" || theme === "light") return theme === "dark";
    const { jpThemeLight, vscodeThemeKind } = document.body.dataset;
    if (jpThemeLight !== undefined) return jpThemeLight === "false";
    if (vscodeThemeKind !== undefined) return vscodeThemeKind.includes("dark");
    const scheme = getComputedStyle(element).colorScheme;
    return scheme.includes("dark") && (!scheme.includes("light") || prefersDark.matches);
  }

  return { colors: () => isDark() ? REPLAY_DARK : REPLAY_LIGHT, isDark };
}
