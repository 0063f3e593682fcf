/** `keygen show`: fingerprints of key files, requests and rosters, for two people to compare. */
import { ConfigError, withSource } from "../../crypto/config_error.ts";
import { unhex } from "../../crypto/digest.ts";
import { readSmallFile } from "../../crypto/files.ts";
import { fingerprintOf, readable } from "../../crypto/keys/fingerprint.ts";
import { type KeyKind, OPERATOR_ID, readKeyIdentity } from "../../crypto/keys/key_file.ts";
import { parseRequest } from "../../crypto/roster/key_request.ts";
import { MAX_ROSTER_BYTES, parseSignedRoster } from "../../crypto/roster/parse_roster.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import { parseJson } from "../../crypto/strict_json.ts";
import { readArguments } from "../support/flags.ts";
import { EXIT_DONE, type Task } from "../support/run_task.ts";
import { printResult } from "./common.ts";

const USAGE = `Shows the fingerprints of key files, requests and rosters. Never a secret, and no passphrase is needed.

Usage: keygen show FILE… [options]

  --json                     print one JSON value
  --help                     this text

A fingerprint stands for a member's id, kind and both public keys, and is the same for its key file, its request and the roster: compare it by
phone. The signature of a roster is checked by its own operator key; client verify checks it by yours.
Exit codes: 0 done, 1 failed, 2 wrong usage, or a file that is none of these or not sound.
`;

/** A member as a file shows it. */
interface Shown {
  readonly kind: KeyKind;
  readonly id: string;
  readonly fingerprint: string;
}

/** One file, as it is printed. */
interface ShownFile {
  readonly file: string;
  readonly what: "key" | "request" | "roster";
  readonly cluster: string;
  readonly operatorKey: string;
  readonly members: readonly Shown[];
  /** Line for people. */
  readonly title: string;
  readonly facts: object;
}

async function showKey(file: string): Promise<ShownFile> {
  const { sealed, kind, id, cluster, operatorKey, publicKey, curvePublicKey } = await readKeyIdentity(
    file,
    nobleBackend,
  );
  const fingerprint = fingerprintOf({ cluster, kind, id, publicKey, curveKey: curvePublicKey });
  const state = sealed ? "sealed, shown as written" : "plain";
  const title = `${file}: key file of ${kind} ${id} of cluster ${cluster} (${state})`;
  return { file, what: "key", cluster, operatorKey, members: [{ kind, id, fingerprint }], title, facts: { sealed } };
}

function showRequest(file: string, text: string): ShownFile {
  const request = parseRequest(text, nobleBackend);
  const { cluster, kind, id, operatorKey, address } = request;
  const title = kind === "operator"
    ? `${file}: public part of the operator's keys of cluster ${cluster}`
    : `${file}: request of ${kind} ${id} of cluster ${cluster}`;
  const members = [{ kind, id, fingerprint: fingerprintOf(request) }];
  return { file, what: "request", cluster, operatorKey, members, title, facts: { address } };
}

function showRoster(file: string, text: string): ShownFile {
  const { roster, digest } = parseSignedRoster(text, null, nobleBackend);
  const { cluster, epoch, operatorKey, operatorCurveKey, replicas, clients } = roster;
  const operator = { id: OPERATOR_ID, publicKey: operatorKey, curveKey: operatorCurveKey };
  const shown = (kind: KeyKind, { id, publicKey, curveKey }: typeof operator): Shown => ({
    ...{ kind, id, fingerprint: fingerprintOf({ cluster, kind, id, publicKey, curveKey }) },
  });
  const members = [
    shown("operator", operator),
    ...replicas.map((line) => shown("replica", line)),
    ...clients.map((line) => shown("client", line)),
  ];
  const title = `${file}: roster of cluster ${cluster}, epoch ${epoch}, fingerprint ${readable(unhex(digest))}`;
  return { file, what: "roster", cluster, operatorKey, members, title, facts: { epoch, digest } };
}

async function show(file: string): Promise<ShownFile> {
  const { text } = await readSmallFile(file, MAX_ROSTER_BYTES);
  const { value } = withSource(file, () => parseJson(text, MAX_ROSTER_BYTES));
  const has = (name: string) => typeof value === "object" && value !== null && Object.hasOwn(value, name);
  if (has("roster")) return withSource(file, () => showRoster(file, text));
  if (has("request")) return withSource(file, () => showRequest(file, text));
  if (has("operatorKey")) return await showKey(file);
  throw new ConfigError(`${file}: given none of them, wanted a key file, a request or a roster`);
}

function lines({ title, members, operatorKey }: ShownFile): string[] {
  const nameOf = ({ kind, id }: Shown) => kind === "operator" ? kind : `${kind} ${id}`;
  const width = Math.max(...members.map((member) => nameOf(member).length));
  const named = (member: Shown) => `  ${nameOf(member).padEnd(width)}  ${member.fingerprint}`;
  return [title, ...members.map(named), `  operator key ${operatorKey}`];
}

/** Shows files. */
export const KEYGEN_SHOW: Task = {
  name: "keygen show",
  usage: USAGE,
  async run(args, print) {
    const { flags, operands } = readArguments(args, [], ["json"]);
    if (operands.length === 0) throw new ConfigError("given no file, wanted key files, requests or rosters");
    const files: ShownFile[] = [];
    for (const file of operands) files.push(await show(file));
    const value = files.map(({ title: _, facts, ...rest }) => ({ ...rest, ...facts }));
    printResult(print, flags.json, files.flatMap(lines), { files: value });
    return EXIT_DONE;
  },
};
