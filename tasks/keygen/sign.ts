/** `keygen sign`: the operator signs the first roster of a cluster, or the next one. */
import { ConfigError } from "../../crypto/config_error.ts";
import { unhex } from "../../crypto/digest.ts";
import { pathExists, refuseOverwrite, writeNewFile } from "../../crypto/files.ts";
import { readable } from "../../crypto/keys/fingerprint.ts";
import { type KeyFile, unlockKeyFile } from "../../crypto/keys/key_file.ts";
import { ROSTER_MODE } from "../../crypto/roster/generate_cluster.ts";
import { type KeyRequest, readRequest } from "../../crypto/roster/key_request.ts";
import { firstRoster, type NextRoster, nextRoster } from "../../crypto/roster/next_roster.ts";
import { neededText, operatorsOf } from "../../crypto/roster/operators.ts";
import { readSignedRoster } from "../../crypto/roster/parse_roster.ts";
import { membersText, rosterDigest, signRoster } from "../../crypto/roster/roster.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import { readArguments } from "../support/flags.ts";
import { EXIT_DONE, type Task } from "../support/run_task.ts";
import { printResult, required } from "./common.ts";
import { CONSTANT_BOOLEANS, CONSTANT_STRINGS, CONSTANTS_USAGE, constantsGiven, firstChoices } from "./constants.ts";
import { signNext } from "./sign_next.ts";

const USAGE =
  `Signs the first roster of a cluster, or the next one with more members. Offline, where the operator's key is.

Usage: keygen sign --operator FILE --request FILE… --out FILE [options]
       keygen sign --operator FILE --roster FILE --next FILE --out FILE [options]

  --operator FILE            operator.key
  --request FILE…            requests made by keygen request. Compare the fingerprints with those that their owners tell
                             you. Replicas take their turns in the order of their requests
  --roster FILE              the roster before; without it, the cluster's first one is made
  --next FILE                with --roster, in place of requests: the roster that deno task roster prepared, or one that another
                             operator signed already, whose signature stays. Shows in words what differs; with --check
                             no key is needed
  --out FILE                 the new roster; nothing is overwritten
  --check                    show what would be signed, and sign nothing
  --passphrase-file FILE     the passphrase of a sealed operator.key
  --json                     print one JSON value
  --help                     this text
For a first roster only; the later ones keep it:
${CONSTANTS_USAGE}
The roster of a cluster that has run may be replaced only while all replicas are stopped, and all of them get the same new file: replicas with
different rosters judge requests differently. Clients may be added, and replicas given another address. Never add a replica to a cluster that has
run: the others counted quorums without it.
Exit codes: 0 done, 1 failed, 2 wrong usage, a request that does not fit, or a file that exists.
`;

const STRINGS = [
  ...["operator", "request", "roster", "next", "out", "passphrase-file"] as const,
  ...CONSTANT_STRINGS,
];
const BOOLEANS = ["check", "json", ...CONSTANT_BOOLEANS] as const;
type Flags = ReturnType<typeof readArguments<(typeof STRINGS)[number], (typeof BOOLEANS)[number]>>["flags"];

async function prepare(flags: Flags, operator: KeyFile, requests: readonly KeyRequest[]): Promise<NextRoster> {
  if (flags.roster === undefined) return firstRoster(operator, requests, firstChoices(flags), nobleBackend);
  const given = constantsGiven(flags);
  if (given.length > 0) {
    throw new ConfigError(`--${given[0]}: given with --roster, wanted for a first roster only: its constants stay`);
  }
  const before = await readSignedRoster(flags.roster, operator.publicKey, nobleBackend);
  return nextRoster(operator, before, requests, nobleBackend);
}

/** Reads the operator's key. Throws `ConfigError` on another kind of key. */
async function readOperator(flags: Flags): Promise<KeyFile> {
  const path = required("operator", flags.operator, "the operator's key file");
  const key = await unlockKeyFile(path, flags["passphrase-file"] ?? null, nobleBackend);
  if (key.kind === "operator") return key;
  throw new ConfigError(`${path}: given the key of ${key.kind} ${key.id}, wanted the operator's`);
}

/** Each request with the file that it is in, so that an error about it names that. */
async function readRequests(paths: readonly string[]): Promise<KeyRequest[]> {
  if (paths.length === 0) throw new ConfigError("--request: given nothing, wanted the requests to sign for");
  const requests: KeyRequest[] = [];
  for (const path of paths) requests.push(await readRequest(path, nobleBackend));
  return requests;
}

function describe({ roster, changes }: NextRoster, out: string | null): string[] {
  const operators = operatorsOf(roster);
  const { cluster, epoch } = roster;
  const width = Math.max(...changes.map(({ text }) => text.length));
  const added = changes.some(({ change, kind }) => change === "add" && kind === "replica");
  return [
    ...changes.map(({ text, fingerprint }) => `${text.padEnd(width)}  fingerprint ${fingerprint}`),
    `${out === null ? "would sign" : "signed"} epoch ${epoch} of cluster ${cluster}: ${membersText(roster)}`,
    ...(out === null ? [] : [`${out}: fingerprint ${readable(unhex(rosterDigest(roster)))}`]),
    ...(operators.threshold === 1
      ? []
      : [`not complete: ${neededText(operators)} have to sign, the others by keygen sign --next`]),
    ...(epoch === 1 ? [] : ["to be used only while all replicas are stopped; all of them get this file"]),
    ...(epoch > 1 && added ? ["a replica is added: only for a cluster that has never run"] : []),
  ];
}

/** Signs a roster that was prepared: the difference is not made here but shown. */
async function signPrepared(flags: Flags, operands: readonly string[], print: (line: string) => void) {
  const surplus = [...operands, ...constantsGiven(flags), ...(flags.request === undefined ? [] : ["request"])];
  if (surplus.length > 0) throw new ConfigError(`${surplus[0]}: given with --next, wanted the prepared roster alone`);
  const roster = required("roster", flags.roster, "the roster before the one to be signed");
  const files = {
    roster,
    next: flags.next!,
    out: flags.check ? null : required("out", flags.out, "the signed roster"),
  };
  if (files.out !== null && pathExists(files.out)) refuseOverwrite([files.out]);
  const operator = flags.check ? null : await readOperator(flags);
  const { lines, facts } = await signNext(files, operator);
  printResult(print, flags.json, lines, facts);
  return EXIT_DONE;
}

/** Signs the next roster. */
export const KEYGEN_SIGN: Task = {
  name: "keygen sign",
  usage: USAGE,
  async run(args, print) {
    const { flags, operands } = readArguments(args, STRINGS, BOOLEANS);
    if (flags.next !== undefined) return await signPrepared(flags, operands, print);
    const out = flags.check ? null : required("out", flags.out, "the file of the new roster");
    if (out !== null && pathExists(out)) refuseOverwrite([out]);
    const operator = await readOperator(flags);
    const requests = await readRequests([...(flags.request === undefined ? [] : [flags.request]), ...operands]);
    const next = await prepare(flags, operator, requests);
    const { roster, changes } = next;
    if (out !== null) await writeNewFile(out, signRoster(roster, unhex(operator.secretKey), nobleBackend), ROSTER_MODE);
    const { cluster, epoch, previous } = roster;
    const facts = { signed: out !== null, out, cluster, epoch, previous, digest: rosterDigest(roster), changes };
    printResult(print, flags.json, describe(next, out), facts);
    return EXIT_DONE;
  },
};
