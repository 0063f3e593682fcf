/** Valid and useless messages at full rate: of all kinds in turn, and of each one alone. */
import type { Packet } from "../../../protocol/packet.ts";
import type { Attack } from "../attack.ts";
import { floodBothWays } from "./peer_flood.ts";
import type { Next } from "./peer_flood.ts";
import { USELESS, USELESS_KINDS } from "./useless.ts";

/** The kinds that replicas publish. */
const PUBLISHED: ReadonlySet<Packet["kind"]> = new Set(["AppendEntriesResponse", "PreVote", "Checkpoint", "Evidence"]);

/** Returns what makes packets of `kinds` in turn. */
const inTurn = (kinds: readonly Packet["kind"][]): Next => (insider, count) => {
  const packet = USELESS[kinds[count % kinds.length]!](insider, count);
  return packet === null ? null : insider.framesOf(packet);
};

const flood = (name: string, what: string, kinds: readonly Packet["kind"][]): Attack => {
  const published = kinds.filter((kind) => PUBLISHED.has(kind));
  return {
    name,
    party: "insider",
    prepares: true,
    what,
    run: (scene) => floodBothWays(scene, inTurn(kinds), published.length === 0 ? null : inTurn(published)),
  };
};

export const uselessFloods: readonly Attack[] = [
  flood("useless-of-every-kind", "valid and useless messages of every kind in turn, at full rate", USELESS_KINDS),
  ...USELESS_KINDS.map((kind) => flood(`useless-${kind}`, `valid and useless ${kind} messages at full rate`, [kind])),
];
