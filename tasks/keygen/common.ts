/** Parts that the subcommands of `keygen` share. */
import { ConfigError } from "../../crypto/config_error.ts";
import { hex } from "../../crypto/digest.ts";
import { generateCurveKeyPair } from "../../crypto/keys/curve_key.ts";
import type { KeyFile, KeyKind } from "../../crypto/keys/key_file.ts";
import { generateKeyPair } from "../../crypto/keys/key_pair.ts";
import { nobleBackend } from "../../crypto/signing/noble_backend.ts";
import { peerHostFault } from "../../protocol/host.ts";

/** Returns the value of a flag. Throws `ConfigError` if it was not given. */
export function required(flag: string, value: string | undefined, wanted: string): string {
  if (value === undefined) throw new ConfigError(`--${flag}: given nothing, wanted ${wanted}`);
  return value;
}

/** Throws `ConfigError` unless others can connect to `host`. */
export function requireHost(flag: string, host: string): void {
  const wanted = peerHostFault(host);
  if (wanted !== null) throw new ConfigError(`--${flag}: given "${host}", wanted ${wanted}`);
}

/** Quotes a path for a shell where it has to be. */
export const shellWord = (path: string): string =>
  /^[\w./:@%+,-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;

/** Returns new keys of a member. `operatorKey` is null for the operator, who pins himself. */
export function newKey(kind: KeyKind, id: string, cluster: string, operatorKey: string | null): KeyFile {
  const [signing, curve] = [generateKeyPair(nobleBackend), generateCurveKeyPair()];
  const publicKey = hex(signing.publicKey);
  return {
    ...{ kind, id, cluster, secretKey: hex(signing.secretKey), publicKey },
    ...{ curveSecretKey: hex(curve.secretKey), curvePublicKey: hex(curve.publicKey) },
    operatorKey: operatorKey ?? publicKey,
  };
}

/** Prints lines, or one JSON value instead. */
export function printResult(
  print: (line: string) => void,
  json: boolean,
  lines: readonly string[],
  value: object,
): void {
  if (json) print(JSON.stringify(value));
  else for (const line of lines) print(line);
}
