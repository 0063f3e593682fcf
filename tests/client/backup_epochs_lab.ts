/** One cluster's history over three epochs, to make backups from and to tamper with. */
import { sha256Hex } from "../../crypto/digest.ts";
import { revokeClient, setConstants } from "../../crypto/roster/roster_edits.ts";
import type { Genesis } from "../../protocol/config.ts";
import { type EpochEnd, genesisBehind } from "../../protocol/epochs/epoch_end.ts";
import { logIndex, seq } from "../../protocol/ids.ts";
import { encodeKvCommand } from "../../state_machine/mod.ts";
import { BackupLab, type LabOptions } from "./backup_lab.ts";

/** The last index of each epoch, which is the genesis of the next one. */
export const STOPS = [18, 31] as const;

/** Returns the histories of three epochs: up to 18, to 31 and to 37, with checkpoints every 5 entries. */
export function threeEpochs(last: Partial<LabOptions> = {}): readonly [BackupLab, BackupLab, BackupLab] {
  const first = new BackupLab({ entries: 17 });
  const second = first.next(setConstants({ heartbeatMs: 33 }), {
    entries: 12,
    requests: { 22: (lab) => [lab.register("c2", 20)] },
  });
  return [first, second, second.next(revokeClient("c2"), { entries: 6, ...last })];
}

/** Returns `end` as somebody without its signers' keys would like it to be. */
export const bent = (end: EpochEnd, change: Partial<EpochEnd["proof"]["stable"]>): EpochEnd => {
  const { stable, commit } = end.proof;
  const { index = commit.index, hash = commit.hash } = change;
  return { ...end, proof: { stable: { ...stable, ...change }, commit: { ...commit, index, hash } } };
};

/** Returns the genesis that `end` leads to in the epoch of `lab`. */
export const genesisOf = (lab: BackupLab, end: EpochEnd): Genesis => genesisBehind(sha256Hex, lab.file.digest, end);

/** Returns a put of `client` in a session. */
export const putIn = (lab: BackupLab, client: "c1" | "c2", session: number, number: number) =>
  lab.sign(client, {
    kind: "SendRequest",
    client: lab.roster.clients.find(({ id }) => id === client)!.id,
    ...{ session: logIndex(session), seq: seq(number), floor: seq(1), mode: "command" },
    command: encodeKvCommand({ op: "put", key: "late", value: Uint8Array.of(number) }),
  });
