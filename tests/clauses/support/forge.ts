/** Well-formed protocol values signed by anyone, for tests that feed one core exactly what a clause describes. */
import { sha256Hex } from "../../../crypto/digest.ts";
import type {
  Certificate,
  CheckpointProof,
  CommitCertificate,
  ElectionProof,
  PrepareCertificate,
} from "../../../protocol/certificate.ts";
import type { ChainedEntry, Head } from "../../../protocol/entry.ts";
import { joinRequests } from "../../../protocol/entry_body.ts";
import { chainEntry, genesisHash } from "../../../protocol/hash_chain.ts";
import { clientId, type LogIndex, logIndex, offset, replicaId, round, seq, term } from "../../../protocol/ids.ts";
import { LIMITS } from "../../../protocol/limits.ts";
import type {
  AppendEntriesResponse,
  Certified,
  PeerMessage,
  RegisterSession,
  Request,
  SendRequest,
} from "../../../protocol/message.ts";
import type { PreVote, RequestVote, Vote } from "../../../protocol/message.ts";
import { encodeGroup, type Operation } from "../../../protocol/operations/group.ts";
import type { PacketOf } from "../../../protocol/packet.ts";
import { certified } from "../../../protocol/rank.ts";
import type { Signed } from "../../../protocol/signed.ts";
import type { Known } from "../../../replica/core/clients/waiting.ts";
import { encodeKvCommand } from "../../../state_machine/mod.ts";
import { createFakeSigner, signMessage } from "../../simulation/network/fake_crypto.ts";
import { noteNumber, numberedRequest } from "../../support/numbered_requests.ts";

/** Id of the cluster, the same as of simulated ones, so that what is forged here counts there. */
export const CLUSTER = "simulation";
/** (0, h₀), the start of every log. */
export const GENESIS: Head = { index: logIndex(0), hash: genesisHash(sha256Hex, CLUSTER) };

/** Returns `message` signed by `replica`, which need not be the one it names. */
export const signAs = <M extends PeerMessage>(replica: string, message: M): Signed<M> =>
  signMessage(createFakeSigner("replica", replica), message);

/** Returns request `number` of `client` to put `value`. */
export function request(number: number, value = "", client = "c1", floor = 0): Signed<SendRequest> {
  const command = encodeKvCommand({ op: "put", key: "k", value: new TextEncoder().encode(value) });
  return noteNumber(
    signMessage(createFakeSigner("client", client), numberedRequest(client, number, floor, command)),
  );
}

/** Returns request `number` of `client`, to be answered from the state at its place: what `k` holds (§7.4). */
export const query = (number: number, client = "c1", asked = READ): Signed<SendRequest> =>
  noteNumber(signMessage(createFakeSigner("client", client), numberedRequest(client, number, 0, asked, "query")));

/** Returns request `number` of `client` with several operations (§7.1f). */
export const groupRequest = (number: number, operations: readonly Operation[], client = "c1"): Signed<SendRequest> =>
  noteNumber(
    signMessage(
      createFakeSigner("client", client),
      numberedRequest(client, number, 0, encodeGroup(operations), "group"),
    ),
  );

/** Returns request `number` of `client` to change the roster (§13.2). */
export const changeRequest = (number: number, command: Uint8Array, client = "c1"): Signed<SendRequest> =>
  noteNumber(signMessage(createFakeSigner("client", client), numberedRequest(client, number, 0, command, "roster")));

const READ = encodeKvCommand({ op: "get", key: "k" });

/** Returns a register of `client`; another `nonce` makes another one. */
export const register = (base: number, nonce = 0, client = "c1"): Signed<RegisterSession> =>
  signMessage(createFakeSigner("client", client), {
    kind: "RegisterSession",
    client: clientId(client),
    base: logIndex(base),
    nonce: new Uint8Array(LIMITS.nonceBytes).fill(nonce),
  });

/** Returns a command of `client` in another session than the one it begins with. */
export const requestIn = (session: number, number: number, client = "c1", floor = 1): Signed<SendRequest> =>
  signMessage(createFakeSigner("client", client), {
    kind: "SendRequest",
    client: clientId(client),
    session: logIndex(session),
    seq: seq(number),
    floor: seq(floor),
    mode: "command",
    command: encodeKvCommand({ op: "put", key: "k", value: Uint8Array.of(number) }),
  });

/** Returns `message` with another command, signed by its client. */
export const copyOf = (message: SendRequest, command: Uint8Array): Signed<SendRequest> =>
  signMessage(createFakeSigner("client", message.client), { ...message, command });

/** Returns a request as a core holds it. */
export const knownOf = (request: Signed<Request>): Known => ({ request, digest: sha256Hex(request.body) });

/** Returns one entry after `after`; without requests a no-op. */
export function entryAfter(after: Head, termNumber: number, requests: readonly Signed<Request>[]): ChainedEntry {
  const index = offset(after.index, 1);
  return chainEntry(sha256Hex, after.hash, { index, term: term(termNumber), body: joinRequests(requests), requests });
}

/** Returns `count` entries of one request each after `after`. Another `branch` makes another chain. */
export function grow(after: Head, count: number, termNumber: number, branch = "main"): ChainedEntry[] {
  const chain: ChainedEntry[] = [];
  for (let i = 0; i < count; i++) {
    const last = chain.length > 0 ? endOf(chain) : after;
    chain.push(entryAfter(last, termNumber, [request(last.index + 1, branch)]));
  }
  return chain;
}

/** Returns the head after the last entry of `chain`. */
export const endOf = (chain: readonly ChainedEntry[]): Head => headIn(chain, chain.at(-1)!.entry.index);

/** Returns the head of `chain` at `index`. */
export function headIn(chain: readonly ChainedEntry[], index: number): Head {
  const found = chain.find(({ entry }) => entry.index === index);
  if (!found) throw new RangeError(`the chain has no index ${index}`);
  return { index: found.entry.index, hash: found.hash };
}

/** Returns `head` as certified in `termNumber`. */
export const rankOf = (termNumber: number, { index, hash }: Head): Certified => ({
  term: term(termNumber),
  index,
  hash,
});

export interface AppendOptions {
  readonly prev?: Head;
  readonly round?: number;
  readonly commit?: number;
  readonly proof?: ElectionProof | null;
}

/** Returns an AppendEntries of `leader` with `chain` after `prev`, which is genesis unless given. */
export function appendEntries(
  leader: string,
  termNumber: number,
  chain: readonly ChainedEntry[],
  { prev = GENESIS, round: number = 1, commit = 0, proof = null }: AppendOptions = {},
): PacketOf<"AppendEntries"> {
  const signed = signAs(leader, {
    kind: "AppendEntries",
    term: term(termNumber),
    leader: replicaId(leader),
    round: round(number),
    prevIndex: prev.index,
    prevHash: prev.hash,
    entryHashes: chain.map(({ hash }) => hash),
    commitIndex: logIndex(commit),
  });
  return { kind: "AppendEntries", signed, entries: chain.map(({ entry }) => entry), proof };
}

export interface ResponseOptions {
  readonly acks?: readonly Head[];
  readonly prepared?: Certified;
  readonly commit?: Head;
  readonly round?: number;
}

/** Returns the response `replica` publishes in `termNumber`. */
export function response(
  replica: string,
  termNumber: number,
  { acks = [], prepared = rankOf(0, GENESIS), commit = GENESIS, round: number = 1 }: ResponseOptions,
): PacketOf<"AppendEntriesResponse"> {
  const signed = signAs(replica, {
    kind: "AppendEntriesResponse",
    term: term(termNumber),
    replica: replicaId(replica),
    acks,
    prepared,
    commitIndex: commit.index,
    commitHash: commit.hash,
    round: round(number),
  });
  return { kind: "AppendEntriesResponse", signed };
}

/** Returns responses of `replicas` acking `acks` in `termNumber`. */
export const acksOf = (replicas: readonly string[], termNumber: number, ...acks: Head[]) =>
  replicas.map((replica) => response(replica, termNumber, { acks }));

/** Returns reports of `replicas` in `termNumber` that `head` is prepared in it. */
export const reportsOf = (replicas: readonly string[], termNumber: number, head: Head) =>
  replicas.map((replica) => response(replica, termNumber, { acks: [head], prepared: rankOf(termNumber, head) }));

const bodiesOf = (packets: readonly PacketOf<"AppendEntriesResponse">[]): Signed<AppendEntriesResponse>[] =>
  packets.map(({ signed }) => signed);

/** The certificate of the empty log (§5.5). */
export const GENESIS_CERTIFICATE: PrepareCertificate = { kind: "prepare", ...rankOf(0, GENESIS), responses: [] };

/** §5.5: `head` acked by `replicas` in `termNumber`. */
export const prepareCertificate = (
  termNumber: number,
  head: Head,
  replicas: readonly string[],
): PrepareCertificate => ({
  kind: "prepare",
  ...rankOf(termNumber, head),
  responses: bodiesOf(acksOf(replicas, termNumber, head)),
});

/** §5.6: `head` reported prepared by `replicas`, all of them at `head` itself or at the end of `above`. */
export function commitCertificate(
  termNumber: number,
  head: Head,
  replicas: readonly string[],
  above: readonly ChainedEntry[] = [],
): CommitCertificate {
  return {
    kind: "commit",
    ...rankOf(termNumber, head),
    links: above.map(({ entry, digest }) => ({ term: entry.term, digest })),
    responses: bodiesOf(reportsOf(replicas, termNumber, above.length > 0 ? endOf(above) : head)),
  };
}

/** Returns a vote of `voter` for `candidate`. */
export const vote = (voter: string, termNumber: number, candidate: string, base: Certified): Signed<Vote> =>
  signAs(voter, {
    kind: "Vote",
    term: term(termNumber),
    candidate: replicaId(candidate),
    voter: replicaId(voter),
    granted: true,
    base,
  });

/** §6.7: `voters` elect `leader` on `base`. */
export const electionProof = (
  leader: string,
  termNumber: number,
  voters: readonly string[],
  base: Certificate = GENESIS_CERTIFICATE,
): ElectionProof => ({ base, votes: voters.map((voter) => vote(voter, termNumber, leader, certified(base))) });

const signPreVote = (replica: string, termNumber: number): Signed<PreVote> =>
  signAs(replica, { kind: "PreVote", term: term(termNumber), replica: replicaId(replica) });

export const preVote = (
  replica: string,
  termNumber: number,
  proof: ElectionProof | null = null,
): PacketOf<"PreVote"> => ({ kind: "PreVote", signed: signPreVote(replica, termNumber), proof });

/** §6.4: `candidate` asks for votes with PreVotes of `supporters` for that very term. */
export function requestVote(
  candidate: string,
  termNumber: number,
  supporters: readonly string[],
  certificate: Certificate = GENESIS_CERTIFICATE,
): PacketOf<"RequestVote"> {
  const message: RequestVote = {
    kind: "RequestVote",
    term: term(termNumber),
    candidate: replicaId(candidate),
    base: certified(certificate),
  };
  const preVotes = supporters.map((replica) => signPreVote(replica, termNumber));
  return { kind: "RequestVote", signed: signAs(candidate, message), certificate, preVotes };
}

/** §6.5: `voter` holds `certificate`, which ranks higher. */
export const voteRefusal = (
  voter: string,
  termNumber: number,
  candidate: string,
  certificate: Certificate,
): PacketOf<"VoteRefusal"> => ({
  kind: "VoteRefusal",
  signed: signAs(voter, {
    kind: "VoteRefusal",
    term: term(termNumber),
    candidate: replicaId(candidate),
    voter: replicaId(voter),
  }),
  certificate,
});

/** §8.1: `replica` serves `chain`. */
export const fetchEntriesResponse = (
  replica: string,
  { nonce, from }: { readonly nonce: number; readonly from: LogIndex },
  chain: readonly ChainedEntry[],
  certificate: Certificate | null = null,
  checkpoint: CheckpointProof | null = null,
): PacketOf<"FetchEntriesResponse"> => ({
  kind: "FetchEntriesResponse",
  signed: signAs(replica, { kind: "FetchEntriesResponse", replica: replicaId(replica), nonce, from }),
  entries: chain.map(({ entry }) => entry),
  certificate,
  checkpoint,
});
