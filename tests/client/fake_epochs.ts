/** Epochs of a fake cluster: rosters that follow each other, ends that prove it, and the epoch that each replica is in. */
import { sha256Hex } from "../../crypto/digest.ts";
import type { KeyFile } from "../../crypto/keys/key_file.ts";
import { createChangeJudge } from "../../crypto/roster/change_judge.ts";
import { epochNameOf, parseSignedRoster, type SignedRoster } from "../../crypto/roster/parse_roster.ts";
import { createRoster, type RosterParts, signRoster } from "../../crypto/roster/roster.ts";
import type { Roster } from "../../crypto/roster/roster_types.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import { createSigner, type Signer } from "../../crypto/signing/signing.ts";
import { joinRequests } from "../../protocol/entry_body.ts";
import { type EpochEnd, stopSignOf } from "../../protocol/epochs/epoch_end.ts";
import { chainEntry } from "../../protocol/hash_chain.ts";
import { type Digest, logIndex, round, term } from "../../protocol/ids.ts";
import type { Message, SendRequest } from "../../protocol/message.ts";
import type { RosterChanges } from "../../protocol/ports.ts";
import { quorumOf } from "../../protocol/quorum.ts";
import type { Signed } from "../../protocol/signed.ts";
import { decodeReplyPacket, encodeMessage, encodePacket, entryOf } from "../../transport/codec/mod.ts";

type Frames = readonly Uint8Array[];
/** The parts of a roster that a test changes. */
export type Changes = Partial<Pick<RosterParts, "replicas" | "clients" | "constants">>;

const BEFORE = "be".repeat(32) as Digest;
const STATE = "57".repeat(32) as Digest;

/** Returns a message with its body, signed. */
export function sealed<M extends Message>(signer: Signer, message: M): Signed<M> {
  const body = encodeMessage(message);
  return { message, body, signature: signer.sign(message.kind, body) };
}

/** Returns the roster that follows `before` with these changes, signed by the one operator. */
export function successorOf(before: SignedRoster, changes: Changes, operator: KeyFile): SignedRoster {
  const { roster, digest } = before;
  const place = { epoch: roster.epoch + 1, previous: digest };
  const constants = { ...roster.constants, ...changes.constants };
  const next = createRoster({ ...roster, ...changes, constants, ...place }, nobleBackend);
  return signed(next, operator);
}

/** Returns a roster as its operator signed it. */
export const signed = (roster: Roster, operator: KeyFile): SignedRoster =>
  parseSignedRoster(signRoster(roster, Uint8Array.fromHex(operator.secretKey), nobleBackend), null, nobleBackend);

/** Returns the end of an epoch at `index`, by the replicas named and with their keys; it proves what it says if they are Q of the epoch's roster. */
export function endOf(
  epoch: SignedRoster,
  request: Signed<SendRequest>,
  index: number,
  by: readonly KeyFile[],
  requests: readonly Signed<SendRequest>[] = [request],
): EpochEnd {
  const entry = entryOf(logIndex(index), term(1), joinRequests(requests));
  const { hash } = chainEntry(sha256Hex, BEFORE, entry);
  const point = { term: term(1), index: entry.index, hash };
  const signers = by.map((key) => {
    const signer = createSigner(nobleBackend, Uint8Array.fromHex(key.secretKey), epochNameOf(epoch));
    const replica = epoch.roster.replicas.find(({ id }) => id === key.id)?.id ?? epoch.roster.replicas[0]!.id;
    return { replica, signer };
  });
  const checkpoints = signers.map(({ replica, signer }) =>
    sealed(signer, { kind: "Checkpoint", replica, index: entry.index, hash, stateDigest: STATE })
  );
  const responses = signers.map(({ replica, signer }) =>
    sealed(signer, {
      ...{ kind: "AppendEntriesResponse", term: point.term, replica, acks: [], prepared: point },
      ...{ commitIndex: logIndex(0), commitHash: BEFORE, round: round(1) },
    })
  );
  const stable = { index: entry.index, hash, stateDigest: STATE, checkpoints };
  return {
    ...{ epoch: epoch.roster.epoch, before: BEFORE, entry },
    proof: { stable, commit: { kind: "commit", ...point, links: [], responses } },
  };
}

/** All epochs of one fake cluster. */
export class FakeEpochs {
  readonly rosters: SignedRoster[];
  readonly ends: EpochEnd[] = [];
  readonly keys: ReadonlyMap<string, KeyFile>;
  /** Replicas that stay in their epoch when another one begins. */
  readonly stay = new Set<string>();
  /** Place among the rosters of the one that each replica is in; the first if left out. */
  readonly #places = new Map<string, number>();
  readonly #signers = new Map<string, Signer>();

  constructor(roster: Roster, keys: ReadonlyMap<string, KeyFile>) {
    this.keys = keys;
    this.rosters = [signed(roster, keys.get("operator")!)];
  }

  get newest(): SignedRoster {
    return this.rosters.at(-1)!;
  }

  /** Returns the roster of the epoch that a replica is in. */
  of(id: string): SignedRoster {
    return this.rosters[this.#places.get(id) ?? 0]!;
  }

  /** Returns the signer of a replica in its epoch. */
  signer(id: string): Signer {
    const name = epochNameOf(this.of(id));
    const known = this.#signers.get(`${id} ${name.epoch}`);
    if (known !== undefined) return known;
    const signer = createSigner(nobleBackend, Uint8Array.fromHex(this.keys.get(id)!.secretKey), name);
    this.#signers.set(`${id} ${name.epoch}`, signer);
    return signer;
  }

  /** Returns frames as a replica sends them in its epoch. */
  mark(id: string, frames: Frames): Frames {
    const { epoch } = this.of(id).roster;
    return epoch === 1 ? frames : encodePacket(decodeReplyPacket(frames), epoch);
  }

  /** Returns the ends that a replica has gone by, from an epoch's on. */
  endsFrom(id: string, epoch: number): EpochEnd[] {
    const own = this.of(id).roster.epoch;
    return this.ends.filter((end) => end.epoch >= epoch && end.epoch < own);
  }

  /** Judges by the newest roster. */
  get judge(): RosterChanges {
    return createChangeJudge(this.newest, nobleBackend);
  }

  /** Ends the newest epoch if this request may; all but those that stay cross. */
  ordered(request: Signed<SendRequest>, index: number): boolean {
    const entry = entryOf(logIndex(index), term(1), joinRequests([request]));
    const judge = createChangeJudge(this.newest, nobleBackend);
    if (stopSignOf(entry, judge) === null) return false;
    const { replicas, constants } = this.newest.roster;
    const { quorum } = quorumOf(replicas.length, constants.profile);
    const by = replicas.slice(0, quorum).map(({ id }) => this.keys.get(id)!);
    this.ends.push(endOf(this.newest, request, index, by));
    this.rosters.push(judge.judge(request.message.command).next!);
    for (const { id } of [...replicas, ...this.newest.roster.replicas]) if (!this.stay.has(id)) this.cross(id);
    return true;
  }

  /** Has a replica begin the newest epoch. */
  cross(id: string): void {
    this.#places.set(id, this.rosters.length - 1);
  }
}
