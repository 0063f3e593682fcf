/**
 * The bounds of the protocol, all in one place. A message, queue or table that would exceed its bound is cut, refused or dropped by rule
 * and counted, never allocated.
 */
export const LIMITS = {
  /** Largest safe integer a message may carry; terms, indexes, rounds and seqs stay below it. */
  maxInteger: Number.MAX_SAFE_INTEGER,
  /** Replicas in a roster. */
  maxReplicas: 64,
  /** Clients in a roster. */
  maxClients: 4096,
  /** Operators in a roster (§2.1). */
  maxOperators: 16,
  /** Rules on what one client may do. */
  maxGrants: 64,
  /** Bytes of UTF-8 of the prefix or key of one. */
  maxGrantBytes: 1024,
  /** Bytes of the difference between two rosters, as one command may carry it. */
  maxChangeBytes: 60 * 1024,
  /** Bytes of the text of a roster file. */
  maxRosterBytes: 2 * 1024 * 1024,
  /** Ends of epochs in one answer to GetEpochs (§13.12). */
  maxEpochEnds: 64,
  /** Bytes of UTF-8 of a replica, client or cluster id. */
  maxIdBytes: 64,
  /** Bytes of one client command or query (a 64 KiB value, a 1 KiB key and their framing). */
  maxCommandBytes: 68 * 1024,
  /** Bytes of one result a state machine returns; longer ones are a programming error of the state machine. */
  maxResultBytes: 512 * 1024,
  /** Operations in one group (§7.1f). */
  maxGroup: 64,
  /** Bytes of results beyond which nothing more of a group is executed. */
  groupResultBytes: 64 * 1024,
  /** Bytes of answers beyond which nothing more of a packet of fast reads is answered (§7.4). */
  readBytes: 512 * 1024,
  /** Bytes of events in one feed of a state machine; a single longer event would be a programming error of the state machine. */
  maxFeedBytes: 512 * 1024,
  /** Events in one feed. */
  maxFeedEvents: 16_384,
  /** Bytes of what a client watches (§7.6). */
  maxWatchBytes: 2048,
  /** Longest time for which a client may have an answer to GetFeed wait, in milliseconds. */
  maxFeedWaitMs: 60_000,
  /** Bytes of the result of one request: the longest result, behind those of its group. */
  maxAnswerBytes: 577 * 1024,
  /** Random bytes in a register, and bytes of the challenge in a hello (§7.1, §7.2). */
  nonceBytes: 16,
  /** Results kept of one client over all its sessions, beyond those of the session that executed last (§7.1). */
  maxSessionBytes: 16 * 1024 * 1024,
  /** Closed sessions of a client that are remembered, to tell what was never executed in them (§7.1). */
  maxClosedSessions: 256,
  /** Requests in one entry. */
  maxEntryRequests: 512,
  /** Requests of one client in a leader's log above its applied index, however few most others want (§7.3). */
  fairShare: 4,
  /** Bytes of a result that cost its client nothing of its share. */
  shortResultBytes: 4096,
  /** Bytes of one entry's body; a single request always fits. */
  maxEntryBytes: 512 * 1024,
  /** Entries in one AppendEntries. */
  maxAppendEntries: 64,
  /** Bytes of all entry bodies in one AppendEntries. */
  maxAppendBytes: 1024 * 1024,
  /** Heads listed in one AppendEntriesResponse (§5.4). */
  maxAcks: 64,
  /** Links from a commit certificate's index to its highest report (§5.6). */
  maxLinks: 8192,
  /** Distinct terms for which one replica's responses are kept at a time. */
  maxResponseTerms: 3,
  /** Log positions above the commit index for which one replica's acks are kept, per term. */
  maxAckWindow: 4096,
  /** Entries above its commit index that a follower takes from its leader (§5.2). */
  maxUncommittedEntries: 1024,
  /** Bytes of the bodies of those entries. */
  maxUncommittedBytes: 64 * 1024 * 1024,
  /** Entries a leader lets be uncommitted before it waits for commits, and as many as that becomes where the way is long (§5.8). */
  minPipeline: 16,
  maxPipeline: 64,
  /** Milliseconds for which a leader with uncommitted entries lets requests gather before it proposes the next one. */
  gatherMs: 20,
  /** Requests answered or waiting from which on a leader without uncommitted entries waits for those answered to come back (§5.8). */
  returnRequests: 16,
  /** Requests that make an entry worth proposing without gathering. */
  fullEntryRequests: 128,
  /** Entries and bytes collected in one catch-up before they are checked against its certificate (§8.1). */
  maxFetchEntries: 16_384,
  maxFetchBytes: 64 * 1024 * 1024,
  /** Bytes of entries sent to one replica that asks for them, by FetchEntries or by complaint: in one burst, and per millisecond. */
  repairBurstBytes: 8 * 1024 * 1024,
  repairBytesPerMs: 32 * 1024,
  /** Cost of each such answer besides its entries, in bytes: signing, checking, framing. */
  repairAnswerBytes: 16 * 1024,
  /** Bytes of one chunk of a snapshot; one answer with the longest result fits into it (§8.3). */
  maxChunkBytes: 640 * 1024,
  /** Digests in one list of a snapshot's manifest; its head holds the digests of the lists. */
  maxListDigests: 4096,
  /** Chunks in one FetchChunks, and bytes of chunks in one answer to it, beyond its first chunk. */
  maxFetchChunks: 64,
  maxFetchChunkBytes: 1024 * 1024,
  /** Cost of looking up a chunk besides its bytes, in bytes. */
  chunkLookupBytes: 1024,
  /** Checkpoints of one replica that are kept while they are not stable (§8.2). */
  maxOpenCheckpoints: 16,
  /** Snapshots that may be being written while entries are applied. */
  maxSnapshotsInWriting: 2,
  /** Milliseconds for which chunks that no snapshot needs any more are kept, for peers that fetch them. */
  chunkRetentionMs: 60_000,
  /** Such chunks dropped in one step. */
  maxDroppedChunks: 512,
  /** Bytes of the entries kept below the stable checkpoint. */
  maxTailBytes: 64 * 1024 * 1024,
  /** Pieces of evidence kept; one for each kind and culprit is enough to accuse. */
  maxEvidence: 256,
  /** Answers in one part of a Reply. */
  maxAnswers: 256,
  /** Bytes of the answers in one part of a Reply, beyond its first answer. */
  maxReplyBytes: 1024 * 1024,
  /** Parts of one Reply, the leaves of its tree; more are signed as several (§7.2h). */
  maxReplyParts: 1024,
  /** Digests from a part to the root of its Reply. */
  maxReplyPath: 10,
  /** Bytes of all frames of one packet on the wire. */
  maxPacketBytes: 4 * 1024 * 1024,
  /** Frames of one packet on the wire, routing frame not counted. */
  maxFrames: 4,
  /** Requests that a replica passes on to its leader: sustained rate, and how many at once (§7.5). */
  forwardsPerSecond: 200,
  forwardBurst: 400,
  /** Share of both that is for requests that were shown, while leaders are held to a pace (§14.7). */
  shownShare: 0.5,
  /** Milliseconds between two statements of a replica while something waits for log time (§15.1). */
  clockIntervalMs: 1000,
  /** The most that a replica's clock reads above the log time it has applied (§15.3). */
  clockLeadMs: 2000,
  /** Share of the time by which what a replica's clock lost is forgiven its leader (§15.4). */
  clockForgivenShare: 0.4,
  /** Times that patience for one request under intervention restarts because an older request committed (§7.3). */
  maxPatienceRestarts: 8,
  /** Milliseconds that a tick may be late without counting as late (§14.9). */
  latenessSlackMs: 20,
  /** Election timeouts that a replica's lateness may hold up the clock by which it judges its leader, at once (§14.9). */
  starvedTimeouts: 4,
  /** Share of the time that passes in which it may do so again. */
  starvedShare: 0.75,
  /** Longest election timeouts between two hand-overs of a replica for the same learner (§14.5). */
  learnerHandOverCaps: 64,
  /** Share of the time in which nothing of a client is overdue by which what it lost is forgiven (§14.8). */
  forgivenShare: 0.25,
  /** Paces in force without losses after which a hand-over is due no more (§14.8). */
  dueLapsesPaces: 8,
  /** Paces of the roster without losses that restore a pace that was eased (§14.8). */
  calmPaces: 16,
} as const;
