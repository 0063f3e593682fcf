/** `keygen request`: a member's own keys, and the request for a place in the roster. */
import { ConfigError } from "../../crypto/config_error.ts";
import { isHex, unhex } from "../../crypto/digest.ts";
import { writeNewFile, writeNewFiles } from "../../crypto/files.ts";
import { type KeyFile, OPERATOR_ID, writeKeyFile } from "../../crypto/keys/key_file.ts";
import { readPassphrase } from "../../crypto/keys/passphrase.ts";
import type { Address } from "../../crypto/roster/address.ts";
import { DEFAULT_BASE_PORT, permissionOf, ROSTER_MODE, writePermission } from "../../crypto/roster/generate_cluster.ts";
import { requestFingerprint, requestOf, signRequest } from "../../crypto/roster/key_request.ts";
import { PUBLIC_KEY_BYTES } from "../../crypto/signing/backend.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import { readId } from "../../crypto/strict_json.ts";
import { readFlags, wholeNumber } from "../support/flags.ts";
import { EXIT_DONE, type Task } from "../support/run_task.ts";
import { newKey, printResult, required, requireHost } from "./common.ts";

const USAGE = `Makes the keys of one replica or client, where it runs, and a request for the operator to sign.

Usage: keygen request --id ID --kind replica|client --operator-key HEX --cluster NAME --out DIR [options]

  --id ID                    id in the roster, such as r5 or c3
  --kind KIND                replica or client
  --operator-key HEX         the operator's public key, as you were told it: the root of trust, pinned in the key file
  --cluster NAME             cluster id
  --out DIR                  directory of the files, made if missing; nothing in it is overwritten
  --host HOST                of a replica: its host, a name or an address that others can connect to
  --peer-port PORT           of a replica: its port for peers (default ${DEFAULT_BASE_PORT})
  --publish-port PORT        of a replica: its port for publications (default the peer port + 1)
  --client-port PORT         of a replica: its port for clients (default the peer port + 2)
  --passphrase-file FILE     seal the key with the passphrase in FILE, one line
  --json                     print one JSON value
  --help                     this text

Writes ID.key (mode 0600), which stays here, and ID.request.json: the public part, signed by the new key, for the operator (keygen sign). Tell
the operator the fingerprint over another way. A replica gets ID.new too: the permission for its first start.
Exit codes: 0 done, 1 failed, 2 wrong usage, a path that cannot be, or a file that exists.
`;

const STRINGS = [
  ...["id", "kind", "operator-key", "cluster", "out", "passphrase-file"] as const,
  ...["host", "peer-port", "publish-port", "client-port"] as const,
];
type Flags = ReturnType<typeof readFlags<(typeof STRINGS)[number], "json">>;
const ADDRESS_FLAGS = ["host", "peer-port", "publish-port", "client-port"] as const;
const WANTED_KEY = `${2 * PUBLIC_KEY_BYTES} lower-case hexadecimal digits of a public key`;

function kindOf(flags: Flags): "replica" | "client" {
  const kind = required("kind", flags.kind, "replica or client");
  if (kind === "replica" || kind === "client") return kind;
  throw new ConfigError(`--kind: given "${kind}", wanted replica or client`);
}

function addressOf(flags: Flags, kind: "replica" | "client"): Address | null {
  if (kind === "client") {
    const given = ADDRESS_FLAGS.find((name) => flags[name] !== undefined);
    if (given !== undefined) throw new ConfigError(`--${given}: given for a client, wanted for a replica only`);
    return null;
  }
  const host = required("host", flags.host, "the host of the replica");
  requireHost("host", host);
  const port = (name: (typeof ADDRESS_FLAGS)[number]) => wholeNumber(name, flags[name]);
  const peerPort = port("peer-port") ?? DEFAULT_BASE_PORT;
  const [publishPort, clientPort] = [port("publish-port") ?? peerPort + 1, port("client-port") ?? peerPort + 2];
  return { host, peerPort, publishPort, clientPort };
}

function keyOf(flags: Flags, kind: "replica" | "client"): KeyFile {
  const id = readId({ path: "--id", value: required("id", flags.id, "the id in the roster") });
  if (id === OPERATOR_ID) throw new ConfigError(`--id: given "${id}", wanted an id other than the operator's`);
  const operatorKey = required("operator-key", flags["operator-key"], WANTED_KEY);
  if (!isHex(operatorKey, PUBLIC_KEY_BYTES) || !nobleBackend.isPublicKey(unhex(operatorKey))) {
    throw new ConfigError(`--operator-key: given "${operatorKey}", wanted ${WANTED_KEY}`);
  }
  const cluster = readId({ path: "--cluster", value: required("cluster", flags.cluster, "the cluster's id") });
  return newKey(kind, id, cluster, operatorKey);
}

/** Makes a member's keys and its request. */
export const KEYGEN_REQUEST: Task = {
  name: "keygen request",
  usage: USAGE,
  async run(args, print) {
    const flags = readFlags(args, STRINGS, ["json"]);
    const kind = kindOf(flags);
    const address = addressOf(flags, kind);
    const key = keyOf(flags, kind);
    const out = required("out", flags.out, "the directory of the new files");
    const passphrase = await readPassphrase(flags["passphrase-file"] ?? null);
    const text = signRequest(key, address, nobleBackend);
    const [keyFile, requestFile] = [`${out}/${key.id}.key`, `${out}/${key.id}.request.json`];
    const files = new Map([
      [keyFile, (path: string) => writeKeyFile(path, key, nobleBackend, passphrase)],
      [requestFile, (path: string) => writeNewFile(path, text, ROSTER_MODE)],
    ]);
    if (kind === "replica") files.set(permissionOf(keyFile), (path) => writePermission(path, key.id));
    await writeNewFiles(out, files);
    const fingerprint = requestFingerprint(requestOf(key, address));
    printResult(print, flags.json, [
      `${keyFile}: keys of ${kind} ${key.id}; they stay here`,
      `${requestFile}: for the operator, to be signed with keygen sign`,
      `fingerprint  ${fingerprint}`,
    ], { id: key.id, kind, keyFile, requestFile, fingerprint });
    return EXIT_DONE;
  },
};
