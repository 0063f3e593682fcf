/** `keygen sign`: the operator signs the first roster of a cluster, or one that was prepared to follow another. */
import { ConfigError } from "../../crypto/config_error.ts";
import { unhex } from "../../crypto/digest.ts";
import { pathExists, refuseOverwrite, writeNewFile } from "../../crypto/files.ts";
import { readable } from "../../crypto/keys/fingerprint.ts";
import { type KeyFile, unlockKeyFile } from "../../crypto/keys/key_file.ts";
import { type FirstRoster, firstRoster } from "../../crypto/roster/first_roster.ts";
import { ROSTER_MODE } from "../../crypto/roster/generate_cluster.ts";
import { type KeyRequest, readRequest } from "../../crypto/roster/key_request.ts";
import { membersText, rosterDigest, signRoster } from "../../crypto/roster/roster.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import { readArguments } from "../support/flags.ts";
import { EXIT_DONE, type Task } from "../support/run_task.ts";
import { printResult, required } from "./common.ts";
import { CONSTANT_BOOLEANS, CONSTANT_STRINGS, CONSTANTS_USAGE, constantsGiven, firstChoices } from "./constants.ts";
import { signNext } from "./sign_next.ts";

const USAGE =
  `Signs the first roster of a cluster, or a later one that deno task roster prepared. Offline, where the operator's key is.

Usage: keygen sign --operator FILE --request FILE… --out FILE [options]
       keygen sign --operator FILE --roster FILE --next FILE --out FILE [options]

  --operator FILE            operator.key
  --request FILE…            for a first roster: requests made by keygen request. Compare the fingerprints with those that
                             their owners tell you. Replicas take their turns in the order of their requests
  --roster FILE              for a later one: the roster before
  --next FILE                and the one that deno task roster prepared, or that another operator signed already, whose
                             signature stays. Shows in words what differs; with --check no key is needed
  --out FILE                 the new roster; nothing is overwritten
  --check                    show what would be signed, and sign nothing
  --passphrase-file FILE     the passphrase of a sealed operator.key
  --json                     print one JSON value
  --help                     this text
For a first roster only; the later ones keep it:
${CONSTANTS_USAGE}
A later roster takes effect by deno task client … reconfigure FILE, while the cluster runs. No replica takes one by being started with it.
Exit codes: 0 done, 1 failed, 2 wrong usage, a request that does not fit, or a file that exists.
`;

const STRINGS = [
  ...["operator", "request", "roster", "next", "out", "passphrase-file"] as const,
  ...CONSTANT_STRINGS,
];
const BOOLEANS = ["check", "json", ...CONSTANT_BOOLEANS] as const;
type Flags = ReturnType<typeof readArguments<(typeof STRINGS)[number], (typeof BOOLEANS)[number]>>["flags"];

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

function describe({ roster, added }: FirstRoster, out: string | null): string[] {
  const { cluster, epoch } = roster;
  const width = Math.max(...added.map(({ text }) => text.length));
  return [
    ...added.map(({ text, fingerprint }) => `${text.padEnd(width)}  fingerprint ${fingerprint}`),
    `${out === null ? "would sign" : "signed"} epoch ${epoch} of cluster ${cluster}: ${membersText(roster)}`,
    ...(out === null ? [] : [`${out}: fingerprint ${readable(unhex(rosterDigest(roster)))}`]),
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

/** Refuses to make a later roster of requests: edits of many kinds are what `roster` is for. */
function refuseRoster(roster: string | undefined): void {
  if (roster === undefined) return;
  throw new ConfigError(
    `--roster: given ${roster} without --next, wanted with --next FILE, which deno task roster prepares (roster add FILE…); without both for a first roster`,
  );
}

/** Signs a roster. */
export const KEYGEN_SIGN: Task = {
  name: "keygen sign",
  usage: USAGE,
  async run(args, print) {
    const { flags, operands } = readArguments(args, STRINGS, BOOLEANS);
    if (flags.next !== undefined) return await signPrepared(flags, operands, print);
    refuseRoster(flags.roster);
    const out = flags.check ? null : required("out", flags.out, "the file of the new roster");
    if (out !== null && pathExists(out)) refuseOverwrite([out]);
    const operator = await readOperator(flags);
    const requests = await readRequests([...(flags.request === undefined ? [] : [flags.request]), ...operands]);
    const first = firstRoster(operator, requests, firstChoices(flags), nobleBackend);
    const { roster, added: changes } = first;
    if (out !== null) await writeNewFile(out, signRoster(roster, unhex(operator.secretKey), nobleBackend), ROSTER_MODE);
    const { cluster, epoch, previous } = roster;
    const facts = { signed: out !== null, out, cluster, epoch, previous, digest: rosterDigest(roster), changes };
    printResult(print, flags.json, describe(first, out), facts);
    return EXIT_DONE;
  },
};
