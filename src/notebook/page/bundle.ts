/**
 * Reading the MIME bundles of outputs.
 * @module
 */
import { imageUrl, svgUrl } from "relay/notebook/page/images.ts";

const IMAGE_TYPES = ["image/png", "image/jpeg", "image/gif", "image/webp"] as const;

/** Data of a display output by MIME type. */
export type Bundle = Readonly<Record<string, unknown>>;

/** Text of a MIME type, or undefined when the bundle has none. */
export function textIn(bundle: Bundle, mime: string): string | undefined {
  const value = bundle[mime];
  if (typeof value === "string") return value;
  return Array.isArray(value) && value.every((line) => typeof line === "string") ? value.join("") : undefined;
}

/** The picture in a bundle as URL for `<img>`, if it holds one. */
export function stillUrl(bundle: Bundle): string | undefined {
  for (const type of IMAGE_TYPES) {
    const data = textIn(bundle, type);
    const url = data === undefined ? undefined : imageUrl(type, data);
    if (url) return url;
  }
  const svg = textIn(bundle, "image/svg+xml");
  return svg === undefined ? undefined : svgUrl(svg);
}
