/** All faulty leaders by name. */
import type { Actor } from "../actor.ts";
import { CERTIFICATE_KEEPERS } from "./certificate_keepers.ts";
import { FLOODING_LEADERS } from "./flooding_leaders.ts";
import { FORGING_LEADER } from "./forging_leader.ts";
import { FORKING_LEADERS } from "./forking_leaders.ts";
import { HEARTBEAT_REPLAYERS } from "./heartbeat_replayers.ts";
import { OUTDATING_LEADERS } from "./outdating_leader.ts";
import { PLAIN_LEADERS } from "./plain_leaders.ts";
import { REWRITING_LEADERS } from "./rewriting_leaders.ts";
import { SESSION_BREAKERS } from "./session_breakers.ts";

export const LEADERS: Readonly<Record<string, Actor>> = {
  ...PLAIN_LEADERS,
  ...FORKING_LEADERS,
  ...REWRITING_LEADERS,
  ...CERTIFICATE_KEEPERS,
  ...HEARTBEAT_REPLAYERS,
  ...OUTDATING_LEADERS,
  ...FORGING_LEADER,
  ...FLOODING_LEADERS,
  ...SESSION_BREAKERS,
};
