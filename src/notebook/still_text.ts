import fontPackage from "dejavu-fonts-ttf/package.json" with { type: "json" };
import opentype from "opentype.js";

/** Name of the font of all stills. */
export const STILL_FONT_FAMILY = "DejaVu Sans";

interface Glyph {
  readonly advanceWidth: number;
}
interface Font {
  readonly unitsPerEm: number;
  readonly ascender: number;
  readonly descender: number;
  charToGlyph(character: string): Glyph;
}

/** A font file and what its letters measure. */
export class StillFont {
  /** TrueType. */
  readonly bytes: Uint8Array;
  readonly #font: Font;

  private constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#font = opentype.parse(bytes.buffer) as Font;
  }

  /** The regular face that the npm package holds; the package's own JSON is imported so that Deno fetches it. */
  static async read(): Promise<StillFont> {
    if (fontPackage.name !== "dejavu-fonts-ttf") {
      throw new Error(`Cannot read the font: found the package ${fontPackage.name}`);
    }
    const url = new URL(import.meta.resolve("dejavu-fonts-ttf/ttf/DejaVuSans.ttf"));
    return new StillFont(await Deno.readFile(url));
  }

  /** Width of a line in the unit of `sizePx`, each letter by itself: kerning is a fraction of a pixel. */
  width(line: string, sizePx: number): number {
    let units = 0;
    for (const character of line) units += this.#font.charToGlyph(character).advanceWidth;
    return units / this.#font.unitsPerEm * sizePx;
  }

  /** Height above the baseline. */
  ascent(sizePx: number): number {
    return this.#font.ascender / this.#font.unitsPerEm * sizePx;
  }

  /** Height of a line. */
  height(sizePx: number): number {
    return (this.#font.ascender - this.#font.descender) / this.#font.unitsPerEm * sizePx;
  }
}
