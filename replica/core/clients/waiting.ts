/**
 * The requests of one client that a replica holds: its commands in a lane a session, its registers in another. The bounds are the client
 * key's and not a session's, so that a client with many sessions can make a replica hold no more than one with a single session (§7.3g).
 */
import type { Request, SendRequest } from "../../../protocol/entry.ts";
import type { Digest, LogIndex, Seq } from "../../../protocol/ids.ts";
import type { Signed } from "../../../protocol/signed.ts";
import type { SessionBounds } from "../../../protocol/snapshot/session_types.ts";

/** A request and the digest of its body, which names it (§7.2). */
export interface Known {
  readonly request: Signed<Request>;
  readonly digest: Digest;
}

/** One lane: commands by their seqs, or registers by their digests. */
type Lane<T> = Map<Seq | Digest, T>;

/** The requests of one client in lanes by session, in the order they are served in; registers wait in lane 0. */
export type Waiting<T extends Known> = Map<LogIndex, Lane<T>>;

const REGISTERS = 0 as LogIndex;

/** Of all requests for one place only one is held or proposed at a time: a session's seq, or a register. */
export const slotOf = (message: Request, digest: Digest): string =>
  message.kind === "SendRequest" ? slotOfCommand(message) : digest;

/** Returns what {@linkcode slotOf} does, for a command. */
export const slotOfCommand = ({ session, seq }: SendRequest): string => `${session} ${seq}`;

/**
 * Holds `item`, unless its place is taken already. False where it has no room: there are `sessionWindow` places for commands and
 * `sessionsPerClient` for registers. The lowest seq of a session, and the best register, always gets in.
 */
export function holdRequest<T extends Known>(waiting: Waiting<T>, item: T, bounds: SessionBounds): boolean {
  const { message } = item.request;
  return message.kind === "SendRequest"
    ? holdCommand(waiting, item, message.session, message.seq, bounds.sessionWindow)
    : holdRegister(waiting, item, bounds.sessionsPerClient);
}

function holdCommand<T extends Known>(
  waiting: Waiting<T>,
  item: T,
  session: LogIndex,
  seq: Seq,
  quota: number,
): boolean {
  const lane = waiting.get(session) ?? new Map();
  if (lane.has(seq)) return true;
  if (commandsIn(waiting) >= quota) {
    const giver = giverOf(waiting, lane, seq, quota);
    if (giver === null) return false;
    giver.delete(highestOf(giver));
  }
  lane.set(seq, item);
  waiting.set(session, lane);
  return true;
}

/** The lane whose highest seq makes room: for a session below its share that of the one that holds most, else its own, if the seq is higher. */
function giverOf<T>(waiting: ReadonlyMap<LogIndex, Lane<T>>, own: Lane<T>, seq: Seq, quota: number): Lane<T> | null {
  const others = [...waiting].filter(([session, lane]) => session !== REGISTERS && lane !== own);
  const share = Math.max(1, Math.floor(quota / (others.length + 1)));
  const largest = others.reduce<Lane<T>>((most, [, lane]) => lane.size > most.size ? lane : most, own);
  if (own.size < share && largest !== own) return largest;
  return highestOf(own) > seq ? own : null;
}

/** Returns whether {@linkcode holdRequest} has room for this request, or holds it; of registers only the base is looked at. */
export function hasPlace(waiting: Waiting<Known>, message: Request, bounds: SessionBounds): boolean {
  if (message.kind === "RegisterSession") {
    const lane = byPriority(waiting.get(REGISTERS) ?? new Map<Digest, Known>());
    return lane.length < bounds.sessionsPerClient || message.base <= baseOf(lane.at(-1)!);
  }
  const lane = waiting.get(message.session) ?? new Map<Seq, Known>();
  const isFull = commandsIn(waiting) >= bounds.sessionWindow;
  return lane.has(message.seq) || !isFull || giverOf(waiting, lane, message.seq, bounds.sessionWindow) !== null;
}

/** Returns whether a command with this session and seq is held. */
export const holdsCommand = (waiting: Waiting<Known>, { session, seq }: SendRequest): boolean =>
  waiting.get(session)?.has(seq) ?? false;

const seqsOf = (lane: Lane<unknown>): Seq[] => [...lane.keys()] as Seq[];
const highestOf = (lane: Lane<unknown>): Seq => Math.max(...seqsOf(lane)) as Seq;

function holdRegister<T extends Known>(waiting: Waiting<T>, item: T, quota: number): boolean {
  const lane = waiting.get(REGISTERS) ?? new Map();
  if (lane.has(item.digest)) return true;
  const worst = lane.size < quota ? null : byPriority(lane).at(-1)!;
  if (worst !== null && !isBetter(item, worst)) return false;
  if (worst !== null) lane.delete(worst.digest);
  lane.set(item.digest, item);
  waiting.set(REGISTERS, lane);
  return true;
}

/** Returns whether register `a` goes before register `b`: the older base first, so that what soon is void is not overtaken for ever (§7.3i). */
export function isBetter(a: Known, b: Known): boolean {
  const [first, second] = [baseOf(a), baseOf(b)];
  return first === second ? a.digest < b.digest : first < second;
}

const baseOf = ({ request: { message } }: Known): number => message.kind === "RegisterSession" ? message.base : 0;

const byPriority = <T extends Known>(lane: Lane<T>): T[] => [...lane.values()].sort((a, b) => isBetter(a, b) ? -1 : 1);

/** Everything that is held. */
export function* itemsOf<T extends Known>(waiting: Waiting<T>): Iterable<T> {
  for (const lane of waiting.values()) yield* lane.values();
}

/** Returns the registers among them. */
export const registersIn = <T extends Known>(waiting: Waiting<T>): T[] => [...waiting.get(REGISTERS)?.values() ?? []];

/** Returns the number held. */
export function sizeOf(waiting: Waiting<Known>): number {
  let size = 0;
  for (const lane of waiting.values()) size += lane.size;
  return size;
}

const commandsIn = (waiting: Waiting<Known>): number => sizeOf(waiting) - (waiting.get(REGISTERS)?.size ?? 0);

/** Drops `item`, which is held. */
export function drop<T extends Known>(waiting: Waiting<T>, { request: { message }, digest }: T): void {
  const [session, key] = message.kind === "SendRequest" ? [message.session, message.seq] : [REGISTERS, digest];
  const lane = waiting.get(session);
  lane?.delete(key);
  if (lane?.size === 0) waiting.delete(session);
}

/** Those for which nothing of the same kind has to be done first: the lowest seq of each session, and every register. */
export function* foremost<T extends Known>(waiting: Waiting<T>): Iterable<T> {
  for (const [session, lane] of waiting) {
    if (session === REGISTERS) yield* lane.values();
    else yield lane.get(Math.min(...seqsOf(lane)) as Seq)!;
  }
}

/**
 * Everything that one entry may hold, in the order of service: a round takes the next of each lane. A session's seqs ascend. Of
 * registers it is the best alone: the entry's index can be the id of one session only (§7.1).
 */
export function* inTurn<T extends Known>(waiting: Waiting<T>): IteratorObject<T, void> {
  let lanes = [...waiting].map(([session, lane]) =>
    session === REGISTERS
      ? byPriority(lane).slice(0, 1)
      : seqsOf(lane).sort((a, b) => a - b).map((seq) => lane.get(seq)!)
  );
  for (let round = 0; lanes.length > 0; round++) {
    lanes = lanes.filter((lane) => round < lane.length);
    for (const lane of lanes) yield lane[round]!;
  }
}

/** Puts the lane of `item`, which was served, last in turn. */
export function serveLater<T extends Known>(waiting: Waiting<T>, { request: { message } }: T): void {
  const session = message.kind === "SendRequest" ? message.session : REGISTERS;
  const lane = waiting.get(session);
  if (lane === undefined) return;
  waiting.delete(session);
  waiting.set(session, lane);
}
