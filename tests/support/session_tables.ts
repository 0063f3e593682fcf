/** Session tables made by hand, to be cut into chunks and bent. */
import { clientId, type Digest, digest, logIndex, type Seq, seq } from "../../protocol/ids.ts";
import { freezeSessions, sessionChunks } from "../../protocol/snapshot/session_chunks.ts";
import type { SessionTable } from "../../protocol/snapshot/session_table.ts";
import type { Kept, Session, SessionBounds } from "../../protocol/snapshot/session_types.ts";

export const BOUNDS: SessionBounds = { sessionWindow: 8, sessionsPerClient: 3, registrationHorizon: 100 };

/** Stands for the digest of the request at an index. */
export const digestAt = (index: number): Digest => digest(index.toString(16).padStart(64, "0"));

export const chunksOf = (table: SessionTable): Uint8Array[] => [...sessionChunks(freezeSessions(table))];

export const kept = (number: number, bytes: number, index = number + 1): readonly [Seq, Kept] => [
  seq(number),
  { digest: digestAt(number), index: logIndex(index), result: new Uint8Array(bytes).fill(number) },
];

export interface Given extends Partial<Pick<Session, "floor" | "lastUsed" | "highest">> {
  readonly id?: number;
  readonly answers?: readonly (readonly [Seq, Kept])[];
}

/** A session that looks as if its commands had made it so. */
export function session({ id = 1, answers = [], ...given }: Given = {}): Session {
  const last = Math.max(id, ...answers.map(([, { index }]) => index));
  const highest = Math.max(0, ...answers.map(([number]) => number));
  return {
    ...{ id: logIndex(id), register: digestAt(id), floor: seq(1), lastUsed: logIndex(last), highest: seq(highest) },
    ...given,
    answers: new Map(answers),
    bytes: answers.reduce((sum, [, { result }]) => sum + result.length, 0),
  };
}

export interface GivenClient {
  readonly floor?: number;
  readonly closed?: readonly (readonly [number, number])[];
  readonly live?: readonly Session[];
}
export const tableWith = (clients: Readonly<Record<string, GivenClient>>): SessionTable => ({
  bounds: BOUNDS,
  clients: new Map(
    Object.entries(clients).map((
      [client, { closed = [], floor = Math.max(0, ...closed.map(([id]) => id)), live = [] }],
    ) => [
      clientId(client),
      {
        registerFloor: logIndex(floor),
        closed: new Map(closed.map(([id, highest]) => [logIndex(id), seq(highest)])),
        live: new Map(live.map((each) => [each.id, each])),
      },
    ]),
  ),
});
/** The chunks of one client. */
export const ofClient = (client: string, given: GivenClient): Uint8Array[] => chunksOf(tableWith({ [client]: given }));
