/** Domain-separated signing and verification of message bodies (§2.2). */
import { DIGEST_BYTES, SIGNATURE_BYTES } from "../../protocol/bytes/sizes.ts";
import type { Digest } from "../../protocol/ids.ts";
import type { MessageKind } from "../../protocol/message.ts";
import { digestInto, hex, sha256HexOfTwo, unhex } from "../digest.ts";
import { PUBLIC_KEY_BYTES, type SignatureBackend } from "./backend.ts";
import type { VerifiedCache } from "./verified_cache.ts";

/** The kinds that can be signed: every message, the roster, and a request for a place in one. Each has a domain tag of its own. */
export type DomainKind = MessageKind | "Roster" | "KeyRequest";

/**
 * Every kind once, and where a signature of it is good (§13.6): what replicas sign in the epoch they were in, what clients and operators sign in the whole
 * cluster. The type makes a missing or superfluous one a compile error.
 */
const KINDS: Readonly<Record<DomainKind, "epoch" | "cluster">> = {
  AppendEntries: "epoch",
  AppendEntriesResponse: "epoch",
  ResendRequest: "epoch",
  PreVote: "epoch",
  RequestVote: "epoch",
  Vote: "epoch",
  VoteRefusal: "epoch",
  VoteDeferred: "epoch",
  FetchEntries: "epoch",
  FetchEntriesResponse: "epoch",
  Checkpoint: "epoch",
  FetchChunks: "epoch",
  FetchChunksResponse: "epoch",
  RollCall: "epoch",
  RollCallAnswer: "epoch",
  HandOver: "epoch",
  ClockStatement: "epoch",
  SendRequest: "cluster",
  RegisterSession: "cluster",
  ClientHello: "cluster",
  FastReads: "cluster",
  GetCommittedCommand: "cluster",
  GetStatus: "cluster",
  SetActive: "cluster",
  GetCheckpoint: "cluster",
  GetChunks: "cluster",
  GetEntries: "cluster",
  GetEpochs: "cluster",
  GetFeed: "cluster",
  Reply: "epoch",
  QueryReply: "epoch",
  Roster: "cluster",
  KeyRequest: "cluster",
};

/** All kinds that can be signed. */
export const DOMAIN_KINDS = Object.keys(KINDS) as readonly DomainKind[];

/** Returns the domain tag of a kind; a change of the format that changes what bytes mean raises the version. */
const tagOf = (kind: DomainKind): string => `bft-raft/v2/${kind}`;
const MAX_LENGTH_BYTE = 255;

function lengthPrefixed(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > MAX_LENGTH_BYTE) {
    throw new RangeError(`signing domain: wanted at most ${MAX_LENGTH_BYTE} bytes of UTF-8, given ${bytes.length}`);
  }
  return Uint8Array.of(bytes.length, ...bytes);
}

/** Returns `len8(tag) ‖ tag ‖ len8(cluster) ‖ cluster`: the lengths make the concatenation with any body injective. */
export function domainPrefix(kind: DomainKind, clusterId: string): Uint8Array {
  return Uint8Array.of(...lengthPrefixed(tagOf(kind)), ...lengthPrefixed(clusterId));
}

/** Names an epoch of a cluster. */
export interface EpochName {
  readonly cluster: string;
  readonly epoch: number;
  /** Of the epoch's roster. */
  readonly digest: string;
}

/** Returns what stands in the place of the cluster id in what replicas sign in an epoch (§13.6); no id has a slash. */
export const signingDomain = (cluster: string, epoch: number, digest: string): string =>
  epoch === 1 ? cluster : `${cluster}/${digest}`;

/** Returns the domain of each kind. A cluster's id alone names its epoch 1, in which all kinds have the same one. */
function domainsOf(place: string | EpochName): Readonly<Record<"epoch" | "cluster", string>> {
  if (typeof place === "string") return { epoch: place, cluster: place };
  const { cluster, epoch, digest } = place;
  return { epoch: signingDomain(cluster, epoch, digest), cluster };
}

function domainDigests(place: string | EpochName): (kind: DomainKind, body: Uint8Array) => Digest {
  const domains = domainsOf(place);
  const prefixes = new Map(DOMAIN_KINDS.map((kind) => [kind, domainPrefix(kind, domains[KINDS[kind]])]));
  return (kind, body) => {
    const prefix = prefixes.get(kind);
    if (prefix === undefined) throw new TypeError(`signing: wanted a kind of signed message, given ${kind}`);
    return sha256HexOfTwo(prefix, body);
  };
}

/** Signs with one key for one cluster, in one epoch of it. */
export interface Signer {
  readonly publicKey: Uint8Array;
  /** Returns the 64-byte signature of a body of `kind`. */
  sign(kind: DomainKind, body: Uint8Array): Uint8Array;
}

/** Verifies signatures of one cluster, those of its replicas in one epoch of it. */
export interface Verifier {
  /** Returns whether `publicKey` signed `body` as a `kind` of this cluster. Never throws on anything a peer sent. */
  verify(kind: DomainKind, body: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean;
  /** Tells what `verify` is about to be asked for, in this order, so that other threads may begin with it. */
  ahead?(claims: readonly BodyClaim[]): void;
}

/** A signature, the body that it is said to be of, and whose. */
export interface BodyClaim {
  readonly kind: DomainKind;
  readonly body: Uint8Array;
  readonly signature: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** Returns the name of a signature that verified, for the cache. */
const cacheKey = (digest: Digest, signature: Uint8Array, publicKey: Uint8Array): string =>
  digest + hex(signature) + hex(publicKey);

/**
 * Returns a signer for an epoch, or for the first one of a cluster; it keeps its own copy of `secretKey`. Throws `TypeError` if that is not a valid
 * secret key.
 */
export function createSigner(backend: SignatureBackend, secretKey: Uint8Array, place: string | EpochName): Signer {
  const publicKey = backend.publicKey(secretKey);
  const key = secretKey.slice();
  const digestOf = domainDigests(place);
  const bytes = new Uint8Array(DIGEST_BYTES);
  return { publicKey, sign: (kind, body) => backend.sign(digestInto(bytes, digestOf(kind, body)), key) };
}

/**
 * Returns a verifier for an epoch, or for the first one of a cluster. With a cache each signature costs work on the curve only once, however often it recurs inside proofs. The digest
 * covers kind and cluster, so several verifiers may share one cache.
 */
export function createVerifier(
  backend: SignatureBackend,
  place: string | EpochName,
  cache: VerifiedCache | null = null,
): Verifier {
  const digestOf = domainDigests(place);
  const bytes = new Uint8Array(DIGEST_BYTES);
  const isOfLength = (signature: Uint8Array, publicKey: Uint8Array) =>
    signature.length === SIGNATURE_BYTES && publicKey.length === PUBLIC_KEY_BYTES;
  const ahead = (claims: readonly BodyClaim[]): void =>
    backend.ahead?.(claims.flatMap(({ kind, body, signature, publicKey }) => {
      if (!isOfLength(signature, publicKey)) return [];
      const digest = digestOf(kind, body);
      if (cache?.has(cacheKey(digest, signature, publicKey))) return [];
      return [{ signature, digest: unhex(digest), publicKey }];
    }));
  return {
    ...(backend.ahead === undefined ? {} : { ahead }),
    verify(kind, body, signature, publicKey) {
      if (!isOfLength(signature, publicKey)) return false;
      const digest = digestOf(kind, body);
      if (cache === null) return backend.verify(signature, digestInto(bytes, digest), publicKey);
      const key = cacheKey(digest, signature, publicKey);
      if (cache.has(key)) return true;
      const valid = backend.verify(signature, digestInto(bytes, digest), publicKey);
      if (valid) cache.add(key);
      return valid;
    },
  };
}
