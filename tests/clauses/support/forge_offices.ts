/** Words of leaders who leave their office (§14). */
import type { Head } from "../../../protocol/entry.ts";
import { type Digest, replicaId, term } from "../../../protocol/ids.ts";
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

/** §8.4: a replica that lost its disk calls the roll; each `number` is another recovery. */
export const rollCall = (asker: string, number = 1): PacketOf<"RollCall"> => ({
  kind: "RollCall",
  signed: signAs(asker, {
    ...{ kind: "RollCall" as const, replica: replicaId(asker) },
    nonce: number.toString(16).padStart(64, "0") as Digest,
  }),
});
