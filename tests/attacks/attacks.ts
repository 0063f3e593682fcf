/** All attacks, in the order of the table. */
import type { Attack } from "./attack.ts";
import { connectionFloods } from "./clients/connection_floods.ts";
import { listFlood } from "./clients/list_flood.ts";
import { packetFloods } from "./clients/packet_floods.ts";
import { readFlood } from "./clients/read_flood.ts";
import { largestValues, validRequests } from "./clients/valid_requests.ts";
import { largestFetches } from "./insiders/largest_fetches.ts";
import { largestPackets } from "./insiders/largest_packets.ts";
import { fiveMessages, insidersTopics } from "./insiders/short_words.ts";
import { terms } from "./insiders/terms.ts";
import { uselessFloods } from "./insiders/useless_floods.ts";
import { strangersFloods } from "./outsiders/floods.ts";
import { garbageAndResets } from "./outsiders/garbage_and_resets.ts";
import { handshakeFlood } from "./outsiders/handshake_flood.ts";
import { manyConnections } from "./outsiders/many_connections.ts";
import { rawGarbage } from "./outsiders/raw_garbage.ts";
import { replayedCaptures } from "./outsiders/replayed_captures.ts";
import { slowHandshakes } from "./outsiders/slow_handshakes.ts";

const OUTSIDERS: readonly Attack[] = [
  ...[garbageAndResets, rawGarbage, manyConnections, slowHandshakes, handshakeFlood],
  ...strangersFloods,
  replayedCaptures,
];
const CLIENTS: readonly Attack[] = [
  validRequests,
  largestValues,
  listFlood,
  readFlood,
  ...packetFloods,
  ...connectionFloods,
];
const INSIDERS: readonly Attack[] = [
  ...[fiveMessages, largestFetches, largestPackets, terms, insidersTopics],
  ...uselessFloods,
];

export const ATTACKS: readonly Attack[] = [...OUTSIDERS, ...CLIENTS, ...INSIDERS];
