/** Client sessions in tests of their own: constants without jitter, and what comes out of them by kind. */
import type { SessionConfig, SessionEffect } from "../../client/session/session.ts";

export const SESSION_CONFIG: SessionConfig = {
  window: 8,
  maxQueued: 3,
  maxGroup: 1,
  retry: { baseMs: 100, capMs: 400, jitter: 0 },
  intervention: { afterMs: 250, backoff: { baseMs: 300, capMs: 600, jitter: 0 } },
  showAfterMs: 0,
  weak: 2,
  seed: 1,
};

export const signs = (effects: SessionEffect[]) => effects.filter((effect) => effect.effect === "sign");
export const sends = (effects: SessionEffect[]) => effects.filter((effect) => effect.effect === "send");
