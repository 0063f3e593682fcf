/** The newest committed entries, fetched and believed one by one: hash and content are what f + 1 replicas say alike. */
import { decodeKvCommand, type KvCommand } from "../../../state_machine/mod.ts";
import type { CommittedEntry, CommittedRequest } from "../../calls/committed_command.ts";
import type { Client } from "../../client_types.ts";
import { ENTRIES_A_LOOK, LARGE_ENTRIES_BYTES, MAX_ENTRIES } from "./limits.ts";
import { shown } from "./readings.ts";

/** Lines told of one entry. */
const MAX_LINES = 3;

/** An entry as it is shown. Values stay with the cluster: only their lengths are told. */
export interface ShownEntry {
  readonly index: number;
  readonly term: number;
  readonly hash: string;
  readonly commands: number;
  readonly lines: readonly string[];
}

type Source = Pick<Client, "getCommittedCommand">;
type Committed = Extract<CommittedEntry, { readonly committed: true }>;

/** Follows the end of the log; what lies between two looks and is more than a look fetches is passed over. */
export class LogTail {
  readonly #client: Source;
  #entries: ShownEntry[] = [];
  #large = false;

  constructor(client: Source) {
    this.#client = client;
  }

  /** The entries kept, in rising order. */
  get entries(): readonly ShownEntry[] {
    return this.#entries;
  }

  /** Fetches what is new up to `commitIndex`, the newest if that is too much, and returns it. What does not come within `timeoutMs` is left for the next look. */
  async advance(commitIndex: number, timeoutMs: number): Promise<ShownEntry[]> {
    const most = this.#large ? 1 : ENTRIES_A_LOOK;
    const known = this.#entries.at(-1)?.index ?? 0;
    const from = Math.max(known + 1, commitIndex - most + 1, 1);
    const indexes = Array.from({ length: Math.max(0, commitIndex - from + 1) }, (_, i) => from + i);
    const fetched = await Promise.all(indexes.map((index) => this.#fetch(index, timeoutMs)));
    const upTo = fetched.indexOf(null);
    const found = (upTo < 0 ? fetched : fetched.slice(0, upTo)) as Committed[];
    this.#large = found.reduce((sum, entry) => sum + sizeOf(entry), 0) > LARGE_ENTRIES_BYTES;
    const added = found.map(shownEntry);
    this.#entries = [...this.#entries, ...added].slice(-MAX_ENTRIES);
    return added;
  }

  async #fetch(index: number, timeoutMs: number): Promise<Committed | null> {
    try {
      const entry = await this.#client.getCommittedCommand(index, { timeoutMs });
      return entry.committed ? entry : null;
    } catch {
      // Dropped meanwhile, or too few answer: the next look says more.
      return null;
    }
  }
}

const sizeOf = ({ commands }: Committed): number =>
  commands.reduce((sum, request) => sum + ("command" in request ? request.command.length : 0), 0);

function shownEntry({ index, term, hash, commands, statements = [] }: Committed): ShownEntry {
  const empty = statements.length === 0
    ? `opens term ${term}`
    : shown(`clocks of ${statements.map(({ replica }) => replica).join(", ")}`);
  const lines = commands.length === 0 ? [empty] : commands.slice(0, MAX_LINES).map((request) => shown(lineOf(request)));
  return { index, term, hash, commands: commands.length, lines };
}

function lineOf(request: CommittedRequest): string {
  if (!("command" in request)) return `${request.client} opens a session`;
  const { client, command } = request;
  return `${client}: ${describe(decodeKvCommand(command), command.length)}`;
}

function describe(command: KvCommand | null, bytes: number): string {
  switch (command?.op) {
    case undefined:
      return `${bytes} bytes of another state machine`;
    case "put":
      return `put ${command.key} (${bytesOf(command.value)})${command.lease ? ` in lease ${command.lease}` : ""}`;
    case "cas":
      return `cas ${command.key} (${bytesOf(command.value)})`;
    case "get":
    case "read":
    case "delete":
      return `${command.op} ${command.key}`;
    case "list":
      return `list ${command.prefix}…`;
    case "range":
      return `range from ${command.from}`;
    case "txn":
      return `txn of ${command.then.length} or ${command.else.length} operations`;
    case "grant":
      return `grant a lease of ${command.ttlMs} ms`;
    case "renew":
    case "revoke":
      return `${command.op} lease ${command.lease}`;
    case "leases":
      return "list leases";
  }
}

const bytesOf = ({ length }: Uint8Array): string => length === 1 ? "1 byte" : `${length} bytes`;
