import { term } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type { Attack } from "../attack.ts";
import type { Insider } from "./insider.ts";
import { floodBothWays } from "./peer_flood.ts";
import { USELESS } from "./useless.ts";

const POWERS = [10, 20, 31, 32, 40, 48, 52];

/** Returns a term up to 2^53 - 1, a different one for each `count`. */
function farTerm(count: number) {
  const power = POWERS[count % POWERS.length]!;
  return term(count % 2 === 0 ? LIMITS.maxInteger - count : 2 ** power + count);
}

const preVote = (insider: Insider, count: number): Uint8Array[] => {
  const packet = USELESS.PreVote(insider, count)!;
  return insider.framesOf({ ...packet, signed: { ...packet.signed, term: farTerm(count) } });
};

const vote = (insider: Insider, count: number): Uint8Array[] => {
  const packet = USELESS.Vote(insider, count)!;
  return insider.framesOf({ ...packet, signed: { ...packet.signed, term: farTerm(count) } });
};

const response = (insider: Insider, count: number): Uint8Array[] => {
  const packet = USELESS.AppendEntriesResponse(insider, count)!;
  return insider.framesOf({ ...packet, signed: { ...packet.signed, term: farTerm(count) } });
};

const WORDS = [preVote, vote, response];

/** Votes, PreVotes and responses in terms that nobody will reach. */
export const terms: Attack = {
  name: "terms",
  party: "insider",
  prepares: true,
  what: "PreVotes, votes and responses of terms up to 2^53 - 1, at full rate",
  run: (scene) =>
    floodBothWays(
      scene,
      (insider, count) => WORDS[count % WORDS.length]!(insider, count),
      (insider, count) => [preVote, response][count % 2]!(insider, count),
    ),
};
