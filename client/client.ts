/** The client library: one loop that receives, counts and repeats, and the calls on top of it (§7). */
import { unhex } from "../crypto/digest.ts";
import { lists, requireMember } from "../crypto/roster/key_ring.ts";
import type { Roster } from "../crypto/roster/roster_types.ts";
import type { Step } from "../crypto/roster/verify_end.ts";
import { createSigner, type Signer } from "../crypto/signing/signing.ts";
import { createMessageSigner } from "../crypto/signing/unsigned.ts";
import { createVerifiedCache } from "../crypto/signing/verified_cache.ts";
import type { ClientId } from "../protocol/ids.ts";
import { LIMITS } from "../protocol/limits.ts";
import { type FeedParts, type FeedView, followFeed } from "./calls/follow_feed.ts";
import { kvCalls, type Ordered } from "./calls/kv.ts";
import { NodeCalls } from "./calls/node_calls.ts";
import { reconfigureCall } from "./calls/reconfigure.ts";
import { withStrangers } from "./calls/status_report.ts";
import { watchCalls } from "./calls/watch.ts";
import type { Client, ClientOptions } from "./client_types.ts";
import { type EpochView, hasSignatures, viewOf, type ViewParts } from "./epochs/epoch_view.ts";
import { EpochFollower } from "./epochs/follower.ts";
import { ClosedError, NotListedError, UsageError } from "./errors.ts";
import { ClientLoop, type LoopParts, type Ordering, type OtherEpochs } from "./loop/client_loop.ts";
import { FastReads } from "./loop/fast_reads.ts";
import { Hellos } from "./loop/hellos.ts";
import type { Orderable } from "./loop/in_flight.ts";
import { createInbox, type Inbox } from "./loop/inbox.ts";
import type { Outlet } from "./loop/outlet.ts";
import { Queries } from "./loop/queries.ts";
import { RequestCounts } from "./loop/request_counts.ts";
import { type Executed, type RequestOptions, Requests } from "./loop/requests.ts";
import type { RequestsChanges } from "./loop/requests_config.ts";

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
  const { key, backend, timings } = options;
  const viewParts: ViewParts = { backend, timings, verified };
  const view = viewOf(options.roster, viewParts);
  requireMember(view.roster, hasSignatures(options.roster) ? { ...key, operatorKey: view.roster.operatorKey } : key);
  if (key.kind === "replica") {
    throw new UsageError(`key was given of replica ${key.id}; wanted a client's or the operator's`);
  }
  return {
    key,
    view,
    viewParts,
    client: view.roster.clients.find(({ id }) => key.kind === "client" && id === key.id)?.id ?? null,
    now: options.now ?? (() => performance.now()),
    tracing: options.tracing ?? null,
    seed: options.seed ?? Math.floor(Math.random() * SEED_RANGE),
    randomBytes,
    drawNonce,
    maxQueued: options.maxQueued ?? DEFAULT_MAX_QUEUED,
    maxGroup: options.maxGroup ?? LIMITS.maxGroup,
    signer: signerOf(options, view.roster),
  };
}
type Settings = ReturnType<typeof settingsOf>;

/** The operator signs in every profile (§1.4). All that clients and operators sign is good in every epoch (§13.6). */
function signerOf({ key, backend }: ClientOptions, { constants, cluster }: Roster): Signer {
  const secretKey = unhex(key.secretKey);
  return key.kind === "operator"
    ? createSigner(backend, secretKey, cluster)
    : createMessageSigner(constants, backend, secretKey, cluster);
}

const requestsOf = ({ ids, needed, sizes, timings, roster }: EpochView): RequestsChanges => ({
  replicas: ids,
  needed,
  timeoutMs: timings.timeoutMs,
  session: {
    window: roster.constants.sessionWindow,
    weak: sizes.weak,
    showAfterMs: roster.constants.paceMs / 2,
    retry: { baseMs: timings.retryMs, capMs: timings.retryCapMs, jitter: JITTER },
    intervention: {
      afterMs: timings.interventionMs,
      backoff: { baseMs: timings.interventionMs, capMs: timings.interventionCapMs, jitter: JITTER },
    },
  },
});

const hellosOf = ({ replicas, timings }: EpochView) => ({
  ...{ replicas, busyMs: timings.helloBusyMs, idleMs: timings.helloIdleMs },
});

function createOrdering(
  settings: Settings,
  client: ClientId,
  outlet: Outlet,
  onDisagreement: (replica: string, request: string) => void,
): Ordering {
  const { view, seed, maxQueued, maxGroup, signer, now } = settings;
  const hellos = new Hellos({ client, signer, outlet, now, ...hellosOf(view) });
  const { session, ...changes } = requestsOf(view);
  const requests = new Requests({
    ...{ client, ...changes, session: { ...session, maxQueued, maxGroup, seed } },
    ...{ signer, outlet, hellos, now, randomBytes, onDisagreement, tracing: settings.tracing },
  });
  const reads = new FastReads({
    ...{ client, replicas: view.ids, profile: view.roster.constants.profile, signer, outlet, now },
    ...{ retryMs: view.timings.queryRetryMs, maxGroup, maxQueued, drawNonce },
  });
  return { requests, hellos, reads };
}

/** A client's parts, and the roster in force. */
interface Running {
  readonly settings: Settings;
  readonly options: ClientOptions;
  readonly ordering: Ordering | null;
  readonly queries: Queries;
  readonly inbox: Inbox;
  readonly otherEpochs: OtherEpochs | null;
  readonly loop: ClientLoop;
  view: EpochView;
  /** Settles once what was learnt is kept. */
  kept: Promise<void>;
}

/**
 * Starts a client: it sends a hello to all replicas at once and runs until `close`. Throws `ConfigError` if the key is not in the roster,
 * {@linkcode UsageError} if it is a replica's or an option is out of range.
 */
export function createClient(options: ClientOptions): Client {
  const settings = settingsOf(options);
  const { key, signer, now, client } = settings;
  const { transport } = options;
  let running: Running | null = null;
  const view = () => running?.view ?? settings.view;
  const outlet: Outlet = {
    // Who was asked in an epoch before may be gone.
    toOne: (replica, frames) => view().ids.has(replica) ? transport.send(replica, frames) : undefined,
    toAll: (frames) => view().replicas.forEach((replica) => transport.send(replica, frames)),
  };
  const disagreements: Record<string, number> = {};
  const ordering = client === null ? null : createOrdering(settings, client, outlet, (replica, request) => {
    disagreements[replica] = (disagreements[replica] ?? 0) + 1;
    options.onDisagreement?.(replica, request);
  });
  const queries = new Queries(signer, outlet, now, view().timings.queryRetryMs);
  const inbox = createInbox(key.id, view().keys, view().verifier, view().roster.constants.profile);
  const otherEpochs = client === null ? null : new EpochFollower({
    ...{ client, outlet, current: () => view().file, adopt: (steps) => running && adopt(running, steps) },
    ...{ signer, now, drawNonce, backend: options.backend },
  });
  const loop = new ClientLoop({ now, transport, ordering, queries, inbox, otherEpochs } satisfies LoopParts);
  running = {
    settings,
    options,
    ordering,
    queries,
    inbox,
    otherEpochs,
    loop,
    view: settings.view,
    kept: Promise.resolve(),
  };
  const requests = ordering?.requests.counts ?? new RequestCounts();
  return assemble(running, { dropped: inbox.counters, disagreements, turnedAway: inbox.turnedAway, requests });
}

/** §13.12: goes by the roster that the last step leads to, and lets go of all that rests on the one before. */
function adopt(running: Running, steps: readonly Step[]): void {
  const { settings, options, ordering, queries, inbox, loop } = running;
  const view = viewOf(steps.at(-1)!.next, settings.viewParts);
  running.view = view;
  connectTo(options, view);
  inbox.adopt(view.keys, view.verifier);
  if (lists(view.roster, settings.key)) {
    loop.readmit();
    ordering?.hellos.adopt(hellosOf(view), ordering.requests.onlySession);
    ordering?.requests.adopt(requestsOf(view));
    ordering?.reads.adopt(
      { replicas: view.ids, retryMs: view.timings.queryRetryMs },
      view.roster.constants.fastReads,
    );
    queries.adopt();
  } else loop.bar(notListed(running, true), notListed(running, false));
  running.kept = running.kept.then(() => options.onRoster?.(steps));
}

const notListed = ({ settings: { key }, view: { roster } }: Running, undecided: boolean): NotListedError =>
  new NotListedError(roster.epoch, `${key.kind} ${key.id}`, undecided);

/** Has the transport talk to the replicas of the roster in force. */
function connectTo({ transport }: ClientOptions, { roster: { replicas } }: EpochView): void {
  transport.reconfigure(
    replicas.map(({ id, host, clientPort, curveKey }) => ({ id, host, clientPort, curveKey: unhex(curveKey) })),
  );
}

/** Returns what a watch needs. */
function feedOf(running: Running): FeedParts {
  const { settings: { client }, loop, queries } = running;
  if (client === null) throw new UsageError(`key was given of the operator; wanted a client's to watch`);
  const view = (): FeedView => {
    const { replicas, sizes, roster, timings } = running.view;
    return { replicas, needed: sizes.weak, epoch: roster.epoch, retryMs: timings.queryRetryMs };
  };
  return { client, drawNonce, view, ask: (question, options) => loop.track(() => queries.ask(question, options)) };
}

function assemble(running: Running, report: Client["report"]): Client {
  const { settings, loop, ordering, queries } = running;
  const order = (operation: Orderable, options?: RequestOptions): Promise<Executed> => {
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
    ...{ key: settings.key, client: settings.client, now: settings.now, drawNonce, view: () => running.view },
    ask: (question, options) => loop.track(() => queries.ask(question, options)),
    read: async (query, timeoutMs, signal) => {
      if (ordering === null) throw new UsageError(`key was given of the operator; wanted a client's to read`);
      return await loop.track(() => ordering.reads.ask(query, timeoutMs, signal));
    },
  }, ordered.ask);
  const current = () => hasSignatures(running.view.file) ? running.view.file : null;
  const kv = kvCalls(ordered);
  const follow = (watch: Uint8Array, after: number, signal?: AbortSignal) =>
    followFeed(feedOf(running), watch, after, signal);
  return {
    ...kv,
    ...watchCalls(kv, follow),
    follow,
    execute: ordered.execute,
    query: (query, options) => node.query(query, options),
    fastRead: (key, options) => node.fastRead(key, options),
    getCommittedCommand: (index, options) => node.getCommittedCommand(index, options),
    getStatus: async (options) => withStrangers(await node.getStatus(options), report.turnedAway),
    setActive: (replica, active, options) => node.setActive(replica, active, options),
    getRoster: async (options) => {
      await node.getEpochs(options);
      return running.view.file;
    },
    reconfigure: reconfigureCall({
      ...{ current, now: settings.now, timings: () => running.view.timings },
      change: (command, options) => order({ mode: "roster", command }, { ...options, repeatable: true }),
      status: (options) => node.getStatus(options),
      askForLater: () => running.otherEpochs?.ask(),
    }),
    sources: node.sources,
    get roster() {
      return running.view.roster;
    },
    get files() {
      return { origin: running.options.origin ?? settings.view.file, current: running.view.file };
    },
    report,
    close: async () => {
      await loop.close(new ClosedError("the client was closed with this call under way"));
      await running.kept;
    },
  };
}
