/** The modes of `replica --byzantine` as actors. */
import { BYZANTINE_MODES, createAdversary } from "../../../replica/byzantine/mod.ts";
import type { Actor } from "./actor.ts";

export const MODES: Readonly<Record<string, Actor>> = Object.fromEntries(
  BYZANTINE_MODES.map((mode) =>
    [mode, (faultyReplica) => createAdversary(mode, faultyReplica)] satisfies [string, Actor]
  ),
);
