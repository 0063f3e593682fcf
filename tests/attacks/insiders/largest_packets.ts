import { logIndex } from "../../../protocol/ids.ts";
import { MAX_PACKET_BYTES } from "../../../transport/frame_limits.ts";
import type { Attack } from "../attack.ts";
import { Insider } from "./insider.ts";
import { floodPeers, floodSubscribers } from "./peer_flood.ts";
import { USELESS } from "./useless.ts";

/** Left for headers. */
const ROOM = 1024;

/** The largest packets there may be: to peers chunks that nobody asked for, properly signed; to subscribers noise. */
export const largestPackets: Attack = {
  name: "largest-packets",
  party: "insider",
  prepares: true,
  what: "packets of 4 MiB to peers and of 2 MiB to subscribers, at full rate",
  async run(scene) {
    const insider = await Insider.open(scene);
    const entries = [{ index: logIndex(1), term: insider.heard.term, body: largeBody(), requests: null }];
    const noise = new Uint8Array(MAX_PACKET_BYTES.published - ROOM);
    await Promise.all([
      floodPeers(scene, insider, (_, count) => {
        const packet = USELESS.FetchEntriesResponse(insider, count)!;
        const frames = insider.framesOf({ ...packet, entries: [] });
        return count % 2 === 0 ? [...frames.slice(0, -1), noise, noise] : insider.framesOf({ ...packet, entries });
      }, 1),
      floodSubscribers(scene, insider, () => [noise.subarray(0, 100), noise.subarray(100)], 1),
    ]);
  },
};

const largeBody = (): Uint8Array => new Uint8Array(512 * 1024);
