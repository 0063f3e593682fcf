/** The client library: one loop that receives, counts and repeats, and the calls on top of it (§7). */
import { unhex } from "../crypto/digest.ts";
import { createKeyRing, requireMember } from "../crypto/roster/key_ring.ts";
import { createSigner, type Signer } from "../crypto/signing/signing.ts";
import { createMessageSigner, createMessageVerifier } from "../crypto/signing/unsigned.ts";
import { createVerifiedCache } from "../crypto/signing/verified_cache.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { Operation } from "../protocol/operations/group.ts";
import { quorumOf } from "../protocol/quorum.ts";
import { kvCalls, type Ordered } from "./calls/kv.ts";
import { NodeCalls } from "./calls/node_calls.ts";
import { withStrangers } from "./calls/status_report.ts";
import type { Client, ClientOptions } from "./client_types.ts";
import { ClosedError, UsageError } from "./errors.ts";
import { ClientLoop, type LoopParts, type Ordering } from "./loop/client_loop.ts";
import { FastReads } from "./loop/fast_reads.ts";
import { Hellos } from "./loop/hellos.ts";
import { createInbox } from "./loop/inbox.ts";
import type { Outlet } from "./loop/outlet.ts";
import { Queries } from "./loop/queries.ts";
import { type Executed, type RequestOptions, Requests } from "./loop/requests.ts";
import { timingsFor } from "./loop/timings.ts";
import { answersNeeded } from "./session/reply_tally.ts";

export type * from "./client_types.ts";

const DEFAULT_MAX_QUEUED = 10_000;
const JITTER = 0.2;
const SEED_RANGE = 2 ** 32;
/** Signatures that verified, of all clients of this process: what a replica tells several of them at once shares one (§7.2h). */
const MAX_VERIFIED = 2048;
const verified = createVerifiedCache(MAX_VERIFIED);

/** Draws a nonce from 1 to 2^48: 0 is of hellos. */
const drawNonce = (): number => randomBytes(6).reduce((value, byte) => value * 256 + byte, 0) + 1;

const randomBytes = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));

/** Fills in every default, and derives what follows from the roster. */
function settingsOf(options: ClientOptions) {
  const { roster, key, backend } = options;
  requireMember(roster, key);
  if (key.kind === "replica") {
    throw new UsageError(`key was given of replica ${key.id}; wanted a client's or the operator's`);
  }
  return {
    roster,
    key,
    now: options.now ?? (() => performance.now()),
    seed: options.seed ?? Math.floor(Math.random() * SEED_RANGE),
    randomBytes,
    drawNonce,
    maxQueued: options.maxQueued ?? DEFAULT_MAX_QUEUED,
    maxGroup: options.maxGroup ?? LIMITS.maxGroup,
    timings: timingsFor(roster.constants, options.timings),
    replicas: roster.replicas.map(({ id }) => id),
    signer: signerOf(options),
    verifier: createMessageVerifier(roster.constants, backend, roster.cluster, verified),
  };
}
type Settings = ReturnType<typeof settingsOf>;

/** The operator signs in every profile (§1.4). */
function signerOf({ roster: { constants, cluster }, key, backend }: ClientOptions): Signer {
  const secretKey = unhex(key.secretKey);
  return key.kind === "operator"
    ? createSigner(backend, secretKey, cluster)
    : createMessageSigner(constants, backend, secretKey, cluster);
}

/** Returns null for the operator. */
function createOrdering(
  settings: Settings,
  outlet: Outlet,
  onDisagreement: (replica: string, request: string) => void,
): Ordering | null {
  const { timings, replicas, roster, key, seed, maxQueued, maxGroup, signer, now } = settings;
  const client = roster.clients.find(({ id }) => id === key.id)?.id;
  if (client === undefined) return null;
  const { retryMs, retryCapMs, interventionMs, interventionCapMs, timeoutMs } = timings;
  const [busyMs, idleMs] = [timings.helloBusyMs, timings.helloIdleMs];
  const hellos = new Hellos({ client, replicas, signer, outlet, now, busyMs, idleMs });
  const requests = new Requests({
    client,
    replicas: new Set(replicas),
    needed: answersNeeded(replicas.length, roster.constants.fastReads, roster.constants.profile),
    timeoutMs,
    session: {
      window: roster.constants.sessionWindow,
      maxQueued,
      maxGroup,
      retry: { baseMs: retryMs, capMs: retryCapMs, jitter: JITTER },
      intervention: {
        afterMs: interventionMs,
        backoff: { baseMs: interventionMs, capMs: interventionCapMs, jitter: JITTER },
      },
      showAfterMs: roster.constants.paceMs / 2,
      weak: quorumOf(replicas.length, roster.constants.profile).weak,
      seed,
    },
    ...{ signer, outlet, hellos, now, randomBytes, onDisagreement },
  });
  const reads = new FastReads({
    ...{ client, replicas: new Set(replicas), profile: roster.constants.profile, signer, outlet, now },
    ...{ retryMs: timings.queryRetryMs, maxGroup, maxQueued, drawNonce },
  });
  return { requests, hellos, reads };
}

/**
 * Starts a client: it sends a hello to all replicas at once and runs until `close`. Throws `ConfigError` if the key is not in the roster,
 * {@linkcode UsageError} if it is a replica's or an option is out of range.
 */
export function createClient(options: ClientOptions): Client {
  const settings = settingsOf(options);
  const { transport } = options;
  const outlet: Outlet = {
    toOne: (replica, frames) => transport.send(replica, frames),
    toAll: (frames) => settings.replicas.forEach((replica) => transport.send(replica, frames)),
  };
  const disagreements: Record<string, number> = {};
  const ordering = createOrdering(settings, outlet, (replica, request) => {
    disagreements[replica] = (disagreements[replica] ?? 0) + 1;
    options.onDisagreement?.(replica, request);
  });
  const queries = new Queries(settings.signer, outlet, settings.now, settings.timings.queryRetryMs);
  const inbox = createInbox(
    settings.key.id,
    createKeyRing(settings.roster),
    settings.verifier,
    settings.roster.constants.profile,
  );
  const loop = new ClientLoop({ ...settings, transport, ordering, queries, inbox } satisfies LoopParts);
  return assemble(settings, loop, ordering, queries, {
    dropped: inbox.counters,
    disagreements,
    turnedAway: inbox.turnedAway,
  });
}

function assemble(
  settings: Settings,
  loop: ClientLoop,
  ordering: Ordering | null,
  queries: Queries,
  report: Client["report"],
): Client {
  const order = (operation: Operation, options?: RequestOptions): Promise<Executed> => {
    if (ordering === null) {
      return Promise.reject(new UsageError(`key was given of the operator; wanted a client's to execute commands`));
    }
    return loop.track(() => ordering.requests.order(operation, options));
  };
  const ordered: Ordered = {
    execute: (command, options) => order({ mode: "command", command }, options),
    ask: (query, options) => order({ mode: "query", command: query }, options),
  };
  const node = new NodeCalls({
    ...settings,
    ask: (question, options) => loop.track(() => queries.ask(question, options)),
    read: async (query, timeoutMs, signal) => {
      if (ordering === null) throw new UsageError(`key was given of the operator; wanted a client's to read`);
      return await loop.track(() => ordering.reads.ask(query, timeoutMs, signal));
    },
  }, ordered.ask);
  return {
    ...kvCalls(ordered),
    execute: ordered.execute,
    query: (query, options) => node.query(query, options),
    fastRead: (key, options) => node.fastRead(key, options),
    getCommittedCommand: (index, options) => node.getCommittedCommand(index, options),
    getStatus: async (options) => withStrangers(await node.getStatus(options), report.turnedAway),
    setActive: (replica, active, options) => node.setActive(replica, active, options),
    sources: node.sources,
    roster: settings.roster,
    report,
    close: () => loop.close(new ClosedError("the client was closed with this call under way")),
  };
}
