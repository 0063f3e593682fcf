/** Makes a backup: chooses what it is to hold, fetches it from any replica that has it, writes it, and verifies it as anyone would. */
import { unusablePath } from "../../crypto/files.ts";
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import type { Digest } from "../../protocol/ids.ts";
import type { StateMachine } from "../../protocol/ports.ts";
import { certificateCodec, checkpointProofCodec } from "../../transport/codec/mod.ts";
import { encodeCommand } from "../calls/encode.ts";
import type { Client } from "../client_types.ts";
import { pause } from "../loop/pause.ts";
import { chooseTarget, type Target } from "./choose_target.ts";
import { EpochOverError, sourcesInEpoch } from "./epochs/epoch_sources.ts";
import { type Ends, fetchEnds } from "./epochs/fetch_ends.ts";
import { fetchEntries } from "./fetch_entries.ts";
import { fetchSnapshot } from "./fetch_snapshot.ts";
import type { BackupProgress, Gathering } from "./gathering.ts";
import { NewFile } from "./new_file.ts";
import { RecordWriter } from "./record_writer.ts";
import { type Place, Scratch } from "./scratch.ts";
import { type Patience, SourceLedger, type SourceReport } from "./source_ledger.ts";
import { Trust } from "./trust.ts";
import { type VerifiedBackup, verifyBackup } from "./verify_backup.ts";

/** Options of {@linkcode takeBackup}. */
export interface BackupOptions extends Partial<Patience> {
  /** Path of the new file. Nothing is overwritten; until it is complete it is called `path`.part. */
  readonly path: string;
  readonly backend: SignatureBackend;
  /** A fresh state machine of the kind the cluster runs; the backup is verified in it, and it holds the backup's state afterwards. */
  readonly machine: StateMachine;
  /**
   * A command that changes nothing. It is ordered before anything else, and the backup reaches at least its index: so the backup holds
   * every write acknowledged before it began. A `get` of the key-value store by default. Null if the cluster has no quorum to order it:
   * the backup then holds what the replicas that answer can prove, which may lack the latest writes.
   */
  readonly mark?: Uint8Array | null;
  readonly onProgress?: (progress: BackupProgress) => void;
  readonly signal?: AbortSignal;
}

/** A backup that was made and verified. */
export interface TakenBackup extends VerifiedBackup {
  /** Index that it had to reach; null if there was no mark. */
  readonly mark: number | null;
  /** Each replica's contribution. */
  readonly sources: Readonly<Record<string, SourceReport>>;
}

const PATIENCE: Patience = { patienceMs: 10_000, requestMs: 2000, requestCapMs: 30_000 };
/** Wait before sources that had dropped something are asked for a newer checkpoint. */
const RESTART_MS = 200;

type BackupClient = Pick<Client, "sources" | "roster" | "files" | "execute">;

/**
 * Makes a backup at `options.path`, all of it of one epoch: if the roster changes meanwhile it begins anew. Rejects with `ConfigError` if that exists,
 * {@linkcode NoSourceError} if the replicas do not give enough in time, with the errors of `Client.execute` if the mark cannot be ordered, with the signal's reason, and
 * with an error that names the file if the disk refuses.
 */
export async function takeBackup(client: BackupClient, options: BackupOptions): Promise<TakenBackup> {
  try {
    return await take(client, options);
  } catch (cause) {
    throw isOfTheSystem(cause) ? unusablePath(options.path, cause, "a new file on a disk that takes it") : cause;
  }
}

const isOfTheSystem = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && /^E[A-Z]+$/.test(String(cause.code));

/** The part of a backup in the making that lasts when an attempt begins anew in another epoch. */
interface Taking extends Pick<Gathering, "scratch" | "chunks" | "signal"> {
  readonly client: BackupClient;
  readonly options: BackupOptions;
  readonly file: NewFile;
  /** Index that the backup has to reach; null if there is no mark. */
  readonly atLeast: number | null;
}

async function take(client: BackupClient, options: BackupOptions): Promise<TakenBackup> {
  const signal = options.signal ?? new AbortController().signal;
  using file = new NewFile(options.path);
  using scratch = new Scratch(`${file.partPath}.chunks`);
  const { mark = encodeCommand({ op: "get", key: "backup" }) } = options;
  const atLeast = mark === null ? null : (await client.execute(mark, { repeatable: true, signal })).index;
  const taking: Taking = { client, options, file, scratch, signal, atLeast, chunks: new Map() };
  while (true) {
    const taken = await takeInEpoch(taking).catch((error) => {
      if (error instanceof EpochOverError) return null;
      throw error;
    });
    if (taken === null) continue;
    file.finish();
    return taken;
  }
}

/** Rejects with {@linkcode EpochOverError} if the roster changes under way. */
async function takeInEpoch({ client, options, file, scratch, signal, atLeast, chunks }: Taking): Promise<TakenBackup> {
  const { files } = client;
  const { patienceMs = PATIENCE.patienceMs, requestMs = PATIENCE.requestMs } = options;
  const patience = { patienceMs, requestMs, requestCapMs: options.requestCapMs ?? PATIENCE.requestCapMs };
  const sources = sourcesInEpoch(client);
  const ledger = new SourceLedger(sources.replicas, patience, () => performance.now());
  const tell: Gathering["tell"] = (phase, done, total) => {
    const bytes = Object.values(ledger.report()).reduce((sum, source) => sum + source.bytes, 0);
    options.onProgress?.({ phase, done, total, bytes });
  };
  const { backend } = options;
  const ends = await fetchEnds({ sources, ledger, scratch, signal, tell, files, backend }, atLeast === null);
  const trust = new Trust(ends.basis.file, ends.basis.genesis, backend);
  const gathering = { sources, ledger, trust, scratch, chunks, reached: { index: 0 }, signal, tell };
  write(file, gathering, ends, await gather(gathering, atLeast));
  return { ...check(file, gathering, ends, options), mark: atLeast, sources: ledger.report() };
}

/** Everything a backup file holds, fetched. */
interface Gathered extends Omit<Target, "index"> {
  readonly digests: readonly Digest[];
  readonly entries: readonly Place[];
}

/** Fetches until one target is complete. Sources that advance meanwhile may drop what an older target needs. */
async function gather(gathering: Gathering, atLeast: number | null): Promise<Gathered> {
  const { trust, signal } = gathering;
  for (let attempt = 1;; attempt++) {
    signal.throwIfAborted();
    const target = await chooseTarget(gathering, atLeast);
    const base = target.checkpoint?.stable ?? trust.genesis;
    // Entries first: they are gone with the next checkpoint, while chunks are kept a little longer.
    const { checkpoint, certificate } = target;
    const entries = certificate === null ? [] : await fetchEntries(gathering, base, certificate);
    // If they are gone again and again, a checkpoint that reaches far enough is a backup too.
    if (entries !== null || (attempt > 1 && base.index >= (atLeast ?? 1))) {
      const digests = checkpoint === null ? [] : await fetchSnapshot(gathering, checkpoint);
      if (digests !== null && entries !== null) return { checkpoint, certificate, entries, digests };
      if (digests !== null) return { checkpoint, certificate: null, entries: [], digests };
    }
    await pause(RESTART_MS, signal);
  }
}

function write({ part }: NewFile, { trust, scratch, chunks, tell }: Gathering, ends: Ends, gathered: Gathered): void {
  const { checkpoint, certificate, digests, entries } = gathered;
  const { cluster, epoch } = trust.file.roster;
  const writer = new RecordWriter(part, cluster, epoch);
  tell("writing", 0, digests.length + entries.length);
  for (const place of ends.places) writer.record("epoch", scratch.read(place));
  if (checkpoint !== null) writer.record("checkpoint", checkpointProofCodec.encode(checkpoint));
  for (const digest of digests) writer.record("chunk", scratch.read(chunks.get(digest)!));
  if (certificate !== null) writer.record("certificate", certificateCodec.encode(certificate));
  for (const place of entries) writer.record("entry", scratch.read(place));
  writer.end();
}

function check(
  { part }: NewFile,
  { tell }: Gathering,
  { from, basis, isKnown }: Ends,
  { backend, machine }: BackupOptions,
): VerifiedBackup {
  const { size } = part.statSync();
  part.seekSync(0, Deno.SeekMode.Start);
  return verifyBackup(part, {
    ...{ roster: from, backend, machine, onProgress: (bytes) => tell("checking", bytes, size) },
    ...(isKnown ? { genesis: basis.genesis.hash } : {}),
  });
}
