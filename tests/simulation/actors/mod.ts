/** Every faulty behaviour a plan can name. */
import type { Actor } from "./actor.ts";
import { MODES } from "./modes.ts";

export const ACTORS: Readonly<Record<string, Actor>> = { ...MODES };
