import board from "relay/notebook/browser/replay_board.js" with { type: "text" };
import colors from "relay/notebook/browser/replay_colors.js" with { type: "text" };
import data from "relay/notebook/browser/replay_data.js" with { type: "text" };
import details from "relay/notebook/browser/replay_details.js" with { type: "text" };
import elements from "relay/notebook/browser/replay_elements.js" with { type: "text" };
import player from "relay/notebook/browser/replay_player.js" with { type: "text" };

/**
 * A plain script that defines `relayPlayReplay(element, episode)` and no other name: the player of recorded episodes, for exported pages
 * and for notebooks' outputs. Its parts share one scope; constants of a part are read only once all parts have run.
 */
export const REPLAY_PLAYER = `const relayPlayReplay = (() => {
${[colors, elements, data, board, details, player].map(withoutIndent).join("\n")}
return relayPlayReplay;
})();`;

/** Every notebook output carries the player, so spaces that only people need stay out. No text of the parts spans lines. */
function withoutIndent(script: string): string {
  return script.replaceAll(/^[ \t]+/gm, "");
}
