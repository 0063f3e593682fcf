/** Reads the ends in front of a backup, and says which roster would do where the one given proves too little. */
import type { RosterFile } from "../../../crypto/roster/parse_roster.ts";
import type { SignatureBackend } from "../../../crypto/signing/backend.ts";
import { epochEndCodec } from "../../../transport/codec/mod.ts";
import { InvalidBackupError } from "../../errors.ts";
import type { RecordReader } from "../record_reader.ts";
import { type Basis, type Beginning, Chain, epochsText } from "./chain.ts";

/** Reads the ends of a backup, up to its first other record. Throws {@linkcode InvalidBackupError} unless they lead from `given` to its epoch. */
export function readBasis(reader: RecordReader, given: RosterFile, backend: SignatureBackend): Basis {
  const { epoch } = reader;
  const own = given.roster.epoch;
  if (own > epoch) throw anotherEpoch(own, `a backup of epoch ${epoch}`, "a roster of that epoch or an earlier one");
  const chain = new Chain(given, backend);
  while (reader.kind === "epoch") {
    const end = epochEndCodec.decode(reader.take("epoch"));
    if (chain.first === null && end.epoch > own && end.epoch < epoch) {
      const wanted = `a roster of ${epochsText(end.epoch, epoch)}`;
      throw anotherEpoch(own, `a backup that holds ends of epochs from ${end.epoch} on`, wanted);
    }
    if (end.epoch < epoch && chain.take(end)) continue;
    throw unproven(`holds an end of epoch ${end.epoch} that is out of place, or that no quorum of its roster proves`);
  }
  const basis = chain.basisOf(epoch);
  if (basis === null) throw unproven(`of epoch ${epoch} holds no end of epoch ${epoch - 1}`);
  return basis;
}

/** Returns the error of a backup that stands on nothing but an unproven genesis. */
export const onlyBeginning = ({ genesis: { epoch }, rosters }: Beginning): InvalidBackupError =>
  anotherEpoch(
    epoch,
    `a backup of what that epoch began with, and nothing that its own replicas certified`,
    `a roster of ${rosters}`,
  );

/** Returns the error of a register whose standing rests on the index of an unproven genesis. */
export const doubtfulRegister = ({ genesis: { epoch }, rosters }: Beginning, index: number): InvalidBackupError =>
  anotherEpoch(
    epoch,
    `a backup that opens a session at index ${index} from before its checkpoint, so that it matters when its epoch began`,
    `a roster of ${rosters}`,
  );

const anotherEpoch = (own: number, given: string, wanted: string): InvalidBackupError =>
  new InvalidBackupError("another-epoch", `given ${given}, and the roster of epoch ${own}; wanted ${wanted}`);

const unproven = (what: string): InvalidBackupError => new InvalidBackupError("unproven", what);
