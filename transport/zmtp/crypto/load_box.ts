import type { CurveBox } from "./curve_box.ts";
import { nobleBox } from "./noble_box.ts";
import { loadSodiumBox } from "./sodium_box.ts";

let loading: Promise<CurveBox> | null = null;

/** Returns the fastest box that works here; its name belongs into the log. */
export function loadCurveBox(): Promise<CurveBox> {
  return loading ??= loadSodiumBox().catch(() => nobleBox);
}
