/** Words of leaders who leave their office (§14). */
import type { Head } from "../../../protocol/entry.ts";
import { replicaId, term } from "../../../protocol/ids.ts";
import type { PacketOf } from "../../../protocol/packet.ts";
import { GENESIS, signAs } from "./forge.ts";

/** §14.2: `leader` gives up its office to `successor` at `tip`. */
export const handOver = (
  leader: string,
  termNumber: number,
  successor: string,
  { index, hash }: Head = GENESIS,
): PacketOf<"HandOver"> => ({
  kind: "HandOver",
  signed: signAs(leader, {
    ...{ kind: "HandOver" as const, term: term(termNumber), leader: replicaId(leader) },
    ...{ successor: replicaId(successor), index, hash },
  }),
});
