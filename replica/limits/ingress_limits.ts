import { LIMITS } from "../../protocol/limits.ts";
import type { Packet } from "../../protocol/packet.ts";

/** Bounds on what strangers, clients and peers can make this replica do (§7.5). Times in milliseconds, rates per second. */
export const INGRESS_LIMITS = {
  /** Packets taken from each channel in one turn of the event loop. */
  receiveBatch: 128,
  /** Packets that wait for a later turn because the signatures of this one are used up; more are dropped and counted. */
  maxBacklog: 1024,
  /** Signatures checked in one turn, after which the replica checks its timers again: about 60 ms of work. */
  signaturesPerTurn: {
    "libsecp256k1-system": 1792,
    "libsecp256k1-npm": 1280,
    "libsecp256k1-napi": 1024,
    "noble": 80,
  },
  /** Of these, what one packet may have checked before other sources have their turn; the rest of it waits. */
  packetShare: 1 / 8,
  /** A faulty packet counts once, and once more for so many of its signatures that were checked. */
  signaturesPerFault: 16,
  /** Signatures checked of all evidence, whoever sends it: sustained rate, and how many at once (two of the largest pieces). */
  evidenceSignaturesPerSecond: 256,
  evidenceSignatureBurst: 2 * (LIMITS.maxEntryRequests + 2),
  /** Ends of epochs shown to one peer that is late, and requests for the own one to a peer that is ahead: sustained rate, and how many at once (§13.8). */
  endsPerSecond: 2,
  endBurst: 4,
  /**
   * Changes of the roster that one client asks for, or one peer passes on: sustained rate, and how many at once. Judging one costs each replica up to 32
   * signatures and a roster to be read (§13.2).
   */
  changesPerSecond: 0.2,
  changeBurst: 8,
  /** Answers with chunks to one peer, of a replica that is no member any more: sustained rate, and how many at once (§13.10). */
  chunksPerSecond: 8,
  chunkBurst: 16,
  /** Faulty packets of one source, a roster id or a connection, within the window before it is muted. */
  faultsPerWindow: 32,
  faultWindowMs: 1000,
  /** Time for which packets of a muted source are dropped unread. */
  muteMs: 5000,
  /** Part of a fault for which a packet beyond its source's rate counts, and time for which one that sends too many of them is muted. */
  excessWeight: 1 / 8,
  excessMuteMs: 500,
  /** Sources whose faults are remembered; the oldest is forgotten first. */
  maxFaultySources: 1024,
  /** A client's verified requests: sustained rate, and burst; as much again over routes it has not greeted from. */
  requestsPerSecond: 8000,
  requestBurst: 2048,
  /** A client's verified queries: sustained rate, and burst; as much again over routes it has not greeted from. */
  queriesPerSecond: 100,
  queryBurst: 200,
  /** A client's verified packets of fast reads over routes it has greeted from, where the roster enables them; all others are queries like others. */
  fastReadsPerSecond: 1250,
  fastReadBurst: 500,
  /** A client's verified questions for feeds (§7.6): sustained rate, and burst; as much again over routes it has not greeted from. */
  feedsPerSecond: 200,
  feedBurst: 400,
  /** Questions for feeds of one client that wait for something to happen, and of all clients together. */
  feedsHeldPerClient: 16,
  feedsHeld: 512,
  /** Cost in bytes of an event in the answer to a question for a feed besides its own, and of a position that was looked at for one. */
  feedEventBytes: 64,
  feedPositionBytes: 8,
  /** Fast reads that cost about as much as the packet they are in: a packet counts once, and once more for each so many. */
  readsPerToken: 16,
  /** Bytes of answers to a client's fast reads: sustained rate, and burst; as much again over routes it has not greeted from. */
  readBytesPerSecond: 3 * 1024 * 1024,
  readByteBurst: 2 * 1024 * 1024,
  /** Bytes of answers to fast reads that take about as long to find, seal and send as a signature takes to check. */
  readBytesPerSignature: 1024,
  /**
   * A client's greetings with the right challenge: sustained rate, and burst; each of its connections sends one a second. As many
   * again with another challenge, which anyone can have recorded.
   */
  hellosPerSecond: 40,
  helloBurst: 80,
  /** Requests of a client that were settled before, to be answered again: sustained rate, and burst. */
  repeatsPerSecond: 50,
  repeatBurst: 200,
  /** Answers `busy` to one client, and packets without room that are looked at to be answered so: sustained rate, and burst. */
  busyPerSecond: 100,
  busyBurst: 200,
  /** Time for which the same answer to the same request of a client is not sent again. */
  replyPaceMs: 100,
  /** Bytes of answers to one client: sustained rate, and burst; for queries over routes it has not greeted from, a part of that besides. */
  replyBytesPerSecond: 2 * 1024 * 1024,
  replyByteBurst: 8 * 1024 * 1024,
  /** That part: one in so many. Before it has greeted, a client needs no more than to learn how things are. */
  elsewhereShare: 4,
  /** Cost of an answer in bytes besides its result: fields, frames, signature. */
  answerOverheadBytes: 128,
  /** Cost in bytes of looking up one chunk of a snapshot, found or not. */
  chunkLookupBytes: 1024,
  /** Results up to this size are sent even if the budget is used up, so that a client's writes get through. */
  smallResultBytes: 4096,
  /** Number of the operator's commands that are remembered and not answered twice; the oldest is forgotten first. */
  commandsRemembered: 64,
  /** Refusals of the operator's commands: sustained rate, and burst. */
  refusalsPerSecond: 5,
  refusalBurst: 20,
  /** Routes answers of one client go to, one for each process that has its key. */
  routesPerClient: 16,
  /** Time without a greeting after which a route gives way to a new one: three greetings of an idle client. */
  routeStaleMs: 15_000,
  /** Lifetime of a route without a greeting; clients greet every few seconds. */
  routeLifeMs: 30_000,
  /** Distinct kinds of refusals counted; further ones count as `other`. */
  maxCountedKinds: 128,
} as const;

/**
 * Packets of one source of a peer's by kind that are looked at: a sustained rate a second; twice as many at once. Above what an honest replica
 * sends under any load and in any trouble, but so low that all of them together, valid and of no use, are a small part of one core. An honest
 * replica passes on half as many requests as it may.
 */
export const PEER_RATES: { readonly [K in Packet["kind"]]: number } = {
  AppendEntries: 2000,
  AppendEntriesResponse: 1500,
  ResendRequest: 100,
  PreVote: 50,
  RequestVote: 50,
  Vote: 50,
  VoteRefusal: 50,
  VoteDeferred: 50,
  FetchEntries: 200,
  FetchEntriesResponse: 200,
  FetchChunks: 200,
  FetchChunksResponse: 200,
  Checkpoint: 100,
  RollCall: 20,
  RollCallAnswer: 20,
  HandOver: 20,
  ClockStatement: 20,
  FetchEpoch: 2,
  EpochEnd: 2,
  ForwardedRequest: 400,
  Evidence: 50,
};
