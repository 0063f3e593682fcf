/** The verbs of `roster`: which edits the words of a command line stand for. */
import { ConfigError } from "../../crypto/config_error.ts";
import { type Address, ADDRESS_NAMES } from "../../crypto/roster/address.ts";
import { type KeyRequest, readRequest } from "../../crypto/roster/key_request.ts";
import {
  addClient,
  addMember,
  grantTo,
  moveReplica,
  removeReplica,
  replaceReplica,
  restrictClient,
  revokeClient,
  type RosterEdit,
  rotateKeys,
  setConstants,
  setOperators,
  unrestrictClient,
  withdrawFrom,
} from "../../crypto/roster/roster_edits.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import type { Grant } from "../../protocol/ports.ts";
import { required } from "../keygen/common.ts";
import { type Flags, wholeNumber } from "../support/flags.ts";

/** Flags that belong to some verbs only. */
export const VERB_STRINGS = [
  ...["with", "threshold", "host", "peer-port", "publish-port", "client-port"] as const,
  ...["read", "write", "read-key", "write-key"] as const,
] as const;
type VerbFlags = Flags<(typeof VERB_STRINGS)[number], never>;

/** One verb. */
export interface Verb {
  /** Flags of {@linkcode VERB_STRINGS} that it takes. */
  readonly flags: readonly (typeof VERB_STRINGS)[number][];
  /** Returns the edits. Throws `ConfigError` on operands that do not fit. */
  readonly edits: (operands: readonly string[], flags: VerbFlags) => Promise<RosterEdit[]>;
}

function some(operands: readonly string[], wanted: string): readonly string[] {
  if (operands.length === 0) throw new ConfigError(`given nothing, wanted ${wanted}`);
  return operands;
}

function one(operands: readonly string[], wanted: string): string {
  const [first, ...more] = some(operands, wanted);
  if (more.length > 0) throw new ConfigError(`${more.join(" ")}: given beside ${first}, wanted ${wanted} alone`);
  return first!;
}

async function requests(paths: readonly string[]): Promise<KeyRequest[]> {
  const found: KeyRequest[] = [];
  for (const path of paths) found.push(await readRequest(path, nobleBackend));
  return found;
}

const requestGiven = (flags: VerbFlags): Promise<KeyRequest> =>
  readRequest(required("with", flags.with, "the request with the new keys"), nobleBackend);

const FLAG_OF = {
  host: "host",
  peerPort: "peer-port",
  publishPort: "publish-port",
  clientPort: "client-port",
} as const;

function addressGiven(flags: VerbFlags): Partial<Address> {
  const given = ADDRESS_NAMES.filter((name) => flags[FLAG_OF[name]] !== undefined);
  if (given.length === 0) throw new ConfigError("given no address, wanted --host, --peer-port or another port");
  const value = (name: (typeof ADDRESS_NAMES)[number]) =>
    name === "host" ? flags.host : wholeNumber(FLAG_OF[name], flags[FLAG_OF[name]]);
  return Object.fromEntries(given.map((name) => [name, value(name)]));
}

const GRANT_FLAGS = ["read", "write", "read-key", "write-key"] as const;

/** An empty prefix cannot be a flag's value: `*` stands for all keys. */
function grantsGiven(flags: VerbFlags): Grant[] {
  const given = GRANT_FLAGS.filter((name) => flags[name] !== undefined);
  if (given.length === 0) throw new ConfigError("given no right, wanted --read, --write, --read-key or --write-key");
  return given.map((name) => {
    const [text, may] = [flags[name]!, name.startsWith("read") ? "read" : "write"] as const;
    return name.endsWith("-key") ? { key: text, may } : { prefix: text === "*" ? "" : text, may };
  });
}

const rightsVerb = (edit: (id: string, grant: Grant) => RosterEdit): Verb => ({
  flags: GRANT_FLAGS,
  edits: (ids, flags) => {
    const id = one(ids, "the id of a client");
    return Promise.resolve(grantsGiven(flags).map((grant) => edit(id, grant)));
  },
});

/** Reads `NAME=VALUE`: numbers and truth values as such, anything else as text. */
function constantGiven(text: string): readonly [string, unknown] {
  const [, name, value] = /^(\w+)=(.+)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new ConfigError(`${text}: given no NAME=VALUE, wanted one`);
  if (value === "true" || value === "false") return [name, value === "true"];
  return [name, /^\d{1,9}$/.test(value) ? Number(value) : value];
}

async function operatorEdits(operands: readonly string[], flags: VerbFlags): Promise<RosterEdit[]> {
  const threshold = wholeNumber("threshold", required("threshold", flags.threshold, "how many operators have to sign"));
  const paths = [...(flags.with === undefined ? [] : [flags.with]), ...operands];
  return [setOperators(await requests(paths), threshold!)];
}

const ALL: readonly (readonly [string, Verb])[] = [
  ["add", { flags: [], edits: async (files) => (await requests(some(files, "requests"))).map(addMember) }],
  ["remove", { flags: [], edits: (ids) => Promise.resolve(some(ids, "ids of replicas").map(removeReplica)) }],
  ["replace", {
    flags: ["with"],
    edits: async (ids, flags) => [replaceReplica(one(ids, "the id of a replica"), await requestGiven(flags))],
  }],
  ["move", {
    flags: ["host", "peer-port", "publish-port", "client-port"],
    edits: (ids, flags) => Promise.resolve([moveReplica(one(ids, "the id of a replica"), addressGiven(flags))]),
  }],
  ["rotate", {
    flags: ["with"],
    edits: async (ids, flags) => [rotateKeys(one(ids, 'the id of a member, or "operator"'), await requestGiven(flags))],
  }],
  ["client add", { flags: [], edits: async (files) => (await requests(some(files, "requests"))).map(addClient) }],
  ["client revoke", { flags: [], edits: (ids) => Promise.resolve(some(ids, "ids of clients").map(revokeClient)) }],
  ["client restrict", {
    flags: [],
    edits: (ids) => Promise.resolve(some(ids, "ids of clients").map(restrictClient)),
  }],
  ["client unrestrict", {
    flags: [],
    edits: (ids) => Promise.resolve(some(ids, "ids of clients").map(unrestrictClient)),
  }],
  ["client grant", rightsVerb(grantTo)],
  ["client withdraw", rightsVerb(withdrawFrom)],
  ["set", {
    flags: [],
    edits: (all) => Promise.resolve([setConstants(Object.fromEntries(some(all, "NAME=VALUE").map(constantGiven)))]),
  }],
  ["operators", { flags: ["with", "threshold"], edits: operatorEdits }],
  ["renew", {
    flags: [],
    edits: (operands) => {
      if (operands.length > 0) throw new ConfigError(`${operands.join(" ")}: given for renew, wanted nothing`);
      return Promise.resolve([]);
    },
  }],
];

/** All verbs that prepare a roster, by their words. */
export const VERBS: ReadonlyMap<string, Verb> = new Map(ALL);
