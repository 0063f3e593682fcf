/** A disk with something of every kind on it. */
import { replicaId, term } from "../../../../protocol/ids.ts";
import type { Recovered } from "../../../../replica/core/log/durable_state.ts";
import type { GuardRecord } from "../../../../replica/storage/guard.ts";
import { encodeMessage } from "../../../../transport/codec/mod.ts";
import * as fx from "../storage_fixtures.ts";
import { type EarlierDisk, writeEarlier } from "./earlier_database.ts";
import { openIn, withDir } from "./storage_disk_lab.ts";

export const LOG = fx.grow(fx.GENESIS, 6, 2);
export const SNAPSHOT = fx.snapshot(fx.chunk("sessions"), fx.chunk("pages", 20_000));
/** A chunk that belongs to no snapshot yet. */
export const LOOSE = fx.chunk("loose");
export const BRANCH = fx.grow(fx.endOf(LOG.slice(0, 4)), 3, 3, "branch");
const VOTE = fx.vote(4, "r2");

/** The signatures that the guard has allowed on it. */
export const GUARD: GuardRecord = {
  ackTerm: term(4),
  ack: fx.endOf(LOG),
  ackSettled: false,
  voteTerm: term(4),
  voteBody: encodeMessage(VOTE),
  bar: term(0),
};

/** Fills a disk and returns what a restart finds there. */
export function fill(dir: string): Recovered {
  const storage = openIn(dir);
  storage.commit([
    fx.hardState(4, { vote: { candidate: replicaId("r2"), base: VOTE.base }, ack: fx.endOf(LOG) }),
    fx.append(LOG),
    fx.prepared(3, fx.endOf(BRANCH), BRANCH),
    fx.commit(2, fx.endOf(LOG.slice(0, 3))),
    { op: "evidence", evidence: fx.evidence("r4") },
    fx.chunks([...SNAPSHOT.chunks, LOOSE]),
    fx.checkpoint(fx.checkpointProof(2, fx.endOf(LOG.slice(0, 2)), SNAPSHOT.stateDigest)),
    fx.compact(fx.endOf(LOG.slice(0, 1))),
    fx.transfer(fx.checkpointProof(2, fx.endOf(LOG), LOOSE.digest)),
  ], [fx.voting(VOTE), fx.acks(4, fx.endOf(LOG))]);
  storage.setMeta("last-active", "17");
  storage.close();
  const reopened = openIn(dir);
  const recovered = reopened.load();
  reopened.close();
  return recovered;
}

let earlier: EarlierDisk | null = null;

/** Returns what the version before would have written of all that. */
export function earlierDisk(): EarlierDisk {
  const meta = { "user.last-active": "17" };
  return earlier ??= { recovered: recoveredOnce(), guard: GUARD, chunks: [...SNAPSHOT.chunks, LOOSE], meta };
}

function recoveredOnce(): Recovered {
  let recovered: Recovered | null = null;
  withDir((dir) => recovered = fill(dir));
  return recovered!;
}

/** Fills a disk as the version before did. */
export const fillEarlier = (dir: string, killed = false): void => writeEarlier(dir, earlierDisk(), killed);
