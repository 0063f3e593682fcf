/** `keygen operator`: the root of trust of a new cluster. */
import { type NewFiles, writeNewFile, writeNewFiles } from "../../crypto/files.ts";
import { OPERATOR_ID, writeKeyFile } from "../../crypto/keys/key_file.ts";
import { readPassphrase } from "../../crypto/keys/passphrase.ts";
import { ROSTER_MODE } from "../../crypto/roster/generate_cluster.ts";
import { requestFingerprint, requestOf, signRequest } from "../../crypto/roster/key_request.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import { readId } from "../../crypto/strict_json.ts";
import { readFlags } from "../support/flags.ts";
import { EXIT_DONE, type Task } from "../support/run_task.ts";
import { newKey, printResult, required } from "./common.ts";

const USAGE = `Makes the operator's keys of a new cluster.

Usage: keygen operator --cluster NAME --out DIR [options]

  --cluster NAME             cluster id
  --out DIR                  directory of the files, made if missing; nothing in it is overwritten
  --passphrase-file FILE     seal the key with the passphrase in FILE, one line
  --json                     print one JSON value
  --help                     this text

Writes operator.key (mode 0600), which belongs offline, and operator.public.json to hand out. Everybody else gives the public key in it to
keygen request: trust begins there, so tell it over a way that nobody else can change, or compare the fingerprint.
Exit codes: 0 done, 1 failed, 2 wrong usage, a path that cannot be, or a file that exists.
`;

/** Makes the operator's keys. */
export const KEYGEN_OPERATOR: Task = {
  name: "keygen operator",
  usage: USAGE,
  async run(args, print) {
    const flags = readFlags(args, ["cluster", "out", "passphrase-file"], ["json"]);
    const out = required("out", flags.out, "the directory of the new files");
    const cluster = readId({ path: "--cluster", value: required("cluster", flags.cluster, "the new cluster's id") });
    const passphrase = await readPassphrase(flags["passphrase-file"] ?? null);
    const key = newKey("operator", OPERATOR_ID, cluster, null);
    const text = signRequest(key, null, nobleBackend);
    const [keyFile, publicFile] = [`${out}/operator.key`, `${out}/operator.public.json`];
    const files: NewFiles = new Map([
      [keyFile, (path) => writeKeyFile(path, key, nobleBackend, passphrase)],
      [publicFile, (path) => writeNewFile(path, text, ROSTER_MODE)],
    ]);
    await writeNewFiles(out, files);
    const fingerprint = requestFingerprint(requestOf(key, null));
    const { publicKey, curvePublicKey } = key;
    printResult(print, flags.json, [
      `${keyFile}: the operator's keys of cluster ${cluster}; keep it offline`,
      `${publicFile}: their public part, to hand out`,
      `operator key ${publicKey}`,
      `fingerprint  ${fingerprint}`,
    ], { cluster, keyFile, publicFile, operatorKey: publicKey, curveKey: curvePublicKey, fingerprint });
    return EXIT_DONE;
  },
};
