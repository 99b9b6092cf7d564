import type { Frame } from "relay/env/parallel_env.ts";
import type { PursuitPositions } from "./pursuit_env.ts";
export interface PursuitPicture extends PursuitPositions {
  readonly x_size: number;
  readonly y_size: number;
  readonly obs_range: number;
  isBlocked(x: number, y: number): boolean;
}
export function renderPursuit(p: PursuitPicture): Frame {
  return { width: p.x_size, height: p.y_size, data: new Uint8ClampedArray(p.x_size * p.y_size * 4) };
}
