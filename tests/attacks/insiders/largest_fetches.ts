import { digest, logIndex } from "../../../protocol/ids.ts";
import type { Attack } from "../attack.ts";
import { floodBothWays } from "./peer_flood.ts";
import { USELESS } from "./useless.ts";

/** Asks for the whole log and for the most chunks there may be, and to have the leader send again, as fast as it can. */
export const largestFetches: Attack = {
  name: "largest-fetches",
  party: "insider",
  prepares: true,
  what: "FetchEntries of everything, FetchChunks of 64 and ResendRequests from index 0, at full rate",
  run: (scene) =>
    floodBothWays(scene, (insider, count) => {
      if (count % 3 === 0) return insider.framesOf(USELESS.FetchEntries(insider, count)!);
      if (count % 3 === 1) return insider.framesOf(USELESS.FetchChunks(insider, count)!);
      const packet = USELESS.ResendRequest(insider, count)!;
      const start = { index: logIndex(0), hash: digest(insider.heard.prepared.hash) };
      return insider.framesOf({
        ...packet,
        signed: { ...packet.signed, commitIndex: logIndex(0), commitHash: start.hash, match: start },
      });
    }, null),
};
