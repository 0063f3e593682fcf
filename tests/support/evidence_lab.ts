/** Evidence of every kind against r2, signed with the keys of a roster. */
import { sha256Hex, unhex } from "../../crypto/digest.ts";
import type { KeyFile } from "../../crypto/keys/key_file.ts";
import { createSigner, type EpochName } from "../../crypto/signing/signing.ts";
import type { Entry } from "../../protocol/entry.ts";
import { joinRequests } from "../../protocol/entry_body.ts";
import type { Evidence } from "../../protocol/evidence.ts";
import { chainEntry, genesisHash } from "../../protocol/hash_chain.ts";
import { clientId, type Digest, logIndex, replicaId, round, seq, term } from "../../protocol/ids.ts";
import type { AppendEntries, AppendEntriesResponse, Message, Vote } from "../../protocol/message.ts";
import type { Signed } from "../../protocol/signed.ts";
import { encodeMessage, entryOf } from "../../transport/codec/mod.ts";
import { backend } from "./backends.ts";

const CULPRIT = replicaId("r2");
const TERM = term(3);

export class EvidenceLab {
  readonly #keys: ReadonlyMap<string, KeyFile>;
  readonly #place: string | EpochName;
  readonly #genesis: Digest;

  /** Signs for an epoch, or for the first one of a cluster. */
  constructor(place: string | EpochName, keys: ReadonlyMap<string, KeyFile>) {
    this.#keys = keys;
    this.#place = place;
    this.#genesis = genesisHash(sha256Hex, typeof place === "string" ? place : place.cluster);
  }

  /** Returns `message` signed by `by`, whatever signer it names. */
  sign<M extends Message>(message: M, by: string): Signed<M> {
    const body = encodeMessage(message);
    const signer = createSigner(backend, unhex(this.#keys.get(by)!.secretKey), this.#place);
    return { message, body, signature: signer.sign(message.kind, body) };
  }

  header(entries: readonly Entry[], by = "r2"): Signed<AppendEntries> {
    let previous = this.#genesis;
    const entryHashes = entries.map((entry) => previous = chainEntry(sha256Hex, previous, entry).hash);
    const [prevIndex, prevHash] = [logIndex(0), this.#genesis];
    const header = {
      kind: "AppendEntries",
      term: TERM,
      leader: CULPRIT,
      round: round(1),
      prevIndex,
      prevHash,
    } as const;
    return this.sign({ ...header, entryHashes, commitIndex: logIndex(0) }, by);
  }

  response(hash: Digest): Signed<AppendEntriesResponse> {
    const at = { index: logIndex(1), hash };
    const commit = { commitIndex: logIndex(0), commitHash: this.#genesis };
    const prepared = { term: term(0), index: logIndex(0), hash: this.#genesis };
    const body = { kind: "AppendEntriesResponse", term: TERM, replica: CULPRIT, acks: [at], prepared } as const;
    return this.sign({ ...body, ...commit, round: round(1) }, "r2");
  }

  vote(candidate: string): Signed<Vote> {
    const base = { term: term(0), index: logIndex(0), hash: this.#genesis };
    const names = { candidate: replicaId(candidate), voter: CULPRIT };
    return this.sign({ kind: "Vote", term: TERM, ...names, granted: true, base }, "r2");
  }

  /** Returns an entry with a request of c1 that `by` signed. */
  entry(by: string): Entry {
    const [session, one] = [logIndex(1), seq(1)];
    const ids = { client: clientId("c1"), session, seq: one, floor: one };
    return entryOf(
      logIndex(1),
      TERM,
      joinRequests([this.sign({ kind: "SendRequest", ...ids, mode: "command", command: new Uint8Array(3) }, by)]),
    );
  }

  badEntry(by = "c2"): Evidence {
    const entries = [this.entry(by)];
    return { kind: "bad-entry", culprit: CULPRIT, header: this.header(entries), entries };
  }

  equivocation(): Evidence {
    const [first, second] = [
      this.header([this.entry("c1")]),
      this.header([entryOf(logIndex(1), TERM, joinRequests([]))]),
    ];
    return { kind: "equivocation", culprit: CULPRIT, first, second };
  }

  doubleAck(): Evidence {
    const [first, second] = ["a", "b"].map((text) => this.response(sha256Hex(new TextEncoder().encode(text))));
    return { kind: "double-ack", culprit: CULPRIT, first: first!, second: second! };
  }

  doubleVote(): Evidence {
    return { kind: "double-vote", culprit: CULPRIT, first: this.vote("r1"), second: this.vote("r3") };
  }

  /** One good piece of each kind. */
  all = (): Evidence[] => [this.equivocation(), this.doubleAck(), this.doubleVote(), this.badEntry()];
}
