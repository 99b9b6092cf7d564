import { dirname, extname, resolve, sep } from "node:path";
import { type Cell, joined } from "relay/notebook/notebook_file.ts";

/** Media types that an exported page embeds; an SVG as `<img>` runs nothing. */
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".svg": "image/svg+xml",
};

/** Largest file that is embedded, bytes. */
const MAX_BYTES = 2_000_000;

/** An image as `data:` URL, or undefined when the source names none that may be embedded. */
export type ImageSource = (src: string) => string | undefined;

/**
 * Finds the images of a Markdown cell: its attachments, `data:` URLs, and files in the notebook's folder or the one that holds it.
 * Nothing is fetched.
 * @param notebookPath where relative sources start
 */
export function imageSource(cell: Cell | undefined, notebookPath: string): ImageSource {
  return (src) => {
    if (src.startsWith("data:")) return isImageUrl(src) ? src : undefined;
    if (src.startsWith("attachment:")) return attachment(cell, src.slice("attachment:".length));
    return /^[a-z][a-z0-9+.-]*:|^\/\//i.test(src) ? undefined : imageFile(src, notebookPath);
  };
}

/** Whether a URL holds a picture itself, in a format that cannot hold anything else. */
export function isImageUrl(url: string): boolean {
  return /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+$/.test(url);
}

/** A base64 output or attachment as URL, or undefined when it is no image of a known type. */
export function imageUrl(mediaType: string, base64: string): string | undefined {
  const url = `data:${mediaType};base64,${base64.replace(/\s/g, "")}`;
  return isImageUrl(url) ? url : undefined;
}

/** An SVG as URL for `<img>`, where it runs nothing and loads nothing. */
export function svgUrl(svg: string): string {
  return `data:image/svg+xml;base64,${new TextEncoder().encode(svg).toBase64()}`;
}

function attachment(cell: Cell | undefined, name: string): string | undefined {
  if (cell?.cell_type === "code" || cell === undefined) return undefined;
  const bundle = cell.attachments?.[decoded(name)] ?? {};
  for (const [mediaType, data] of Object.entries(bundle)) {
    const url = mediaType === "image/svg+xml" ? svgUrl(joined(data)) : imageUrl(mediaType, joined(data));
    if (url) return url;
  }
  return undefined;
}

function imageFile(src: string, notebookPath: string): string | undefined {
  const folder = dirname(resolve(notebookPath));
  const path = resolve(folder, decoded(src.replace(/[?#].*$/, "")));
  const mediaType = MEDIA_TYPES[extname(path).toLowerCase()];
  if (!mediaType) return undefined;
  try {
    const real = Deno.realPathSync(path);
    const root = Deno.realPathSync(dirname(folder));
    if (!real.startsWith(root + sep) || Deno.statSync(real).size > MAX_BYTES) return undefined;
    return `data:${mediaType};base64,${Deno.readFileSync(real).toBase64()}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
