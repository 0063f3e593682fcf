/** The modes of `replica --byzantine` as actors, but for `slow`, which comes to nothing where no pace is expected of it. */
import { BYZANTINE_MODES, createAdversary } from "../../../replica/byzantine/mod.ts";
import type { Actor } from "./actor.ts";

export const MODES: Readonly<Record<string, Actor>> = Object.fromEntries(
  BYZANTINE_MODES.filter((mode) => mode !== "slow").map((mode) =>
    [mode, (faultyReplica) => createAdversary(mode, faultyReplica)] satisfies [string, Actor]
  ),
);
