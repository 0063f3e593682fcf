/** Rosters without keys and operators, for cores under test: whatever is plainly the next one is valid. */
import { sha256Hex } from "../../../crypto/digest.ts";
import type { ProtocolConstants } from "../../../protocol/config.ts";
import { clientId, type Digest } from "../../../protocol/ids.ts";
import type { Grant, RosterChanges, RosterFacts } from "../../../protocol/ports.ts";

/** A roster as a test writes it down; its JSON is the command that changes to it. */
export interface PlainRoster {
  readonly epoch: number;
  /** Digest of the one before; null in epoch 1. */
  readonly previous: Digest | null;
  readonly replicas: readonly string[];
  readonly clients: readonly string[];
  readonly constants: Partial<ProtocolConstants>;
  /** Number of changes of a replica's key, for those whose key was changed. */
  readonly keys?: Readonly<Record<string, number>>;
  /** Rights of clients that have rules. */
  readonly access?: Readonly<Record<string, readonly Grant[]>>;
}

/** Returns which key of a replica the roster lists: its first one is 0. */
export const keyIn = ({ keys = {} }: Pick<PlainRoster, "keys">, replica: string): number => keys[replica] ?? 0;

/** Returns the command that changes to `roster`. */
export const commandOf = (roster: PlainRoster): Uint8Array => new TextEncoder().encode(JSON.stringify(roster));

export const plainDigest = (roster: PlainRoster): Digest => sha256Hex(commandOf(roster));

/** Returns the roster behind `before`, with these members changed. */
export const plainlyNext = (before: PlainRoster, changes: Partial<PlainRoster> = {}): PlainRoster => ({
  ...{ ...before, ...changes, epoch: before.epoch + 1, previous: plainDigest(before) },
});

const factsOf = (roster: PlainRoster): RosterFacts => ({
  digest: plainDigest(roster),
  roster: { epoch: roster.epoch, clients: roster.clients.map((id) => clientIn(roster, id)) },
});

const clientIn = ({ access = {} }: PlainRoster, id: string): RosterFacts["roster"]["clients"][number] => ({
  ...{ id: clientId(id), ...(access[id] === undefined ? {} : { access: access[id] }) },
});

/** Returns the roster that a command changes to, or null. */
export function plainRosterIn(command: Uint8Array): PlainRoster | null {
  try {
    return JSON.parse(new TextDecoder().decode(command));
  } catch {
    return null;
  }
}

/** Returns a judge by `current`, which takes the roster that follows and nothing else. */
export function plainChanges(current: PlainRoster): RosterChanges {
  const digest = plainDigest(current);
  return {
    current: factsOf(current),
    judge(command) {
      const next = plainRosterIn(command);
      if (next === null) return { next: null, refusal: "malformed" };
      if (next.epoch !== current.epoch + 1) return { next: null, refusal: "epoch" };
      return next.previous === digest ? { next: factsOf(next), refusal: null } : { next: null, refusal: "previous" };
    },
  };
}
