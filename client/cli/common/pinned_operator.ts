/** The operator key that a key file pins, for commands that need no secret of it. */
import { readKeyIdentity, unlockKeyFile } from "../../../crypto/keys/key_file.ts";
import type { SignatureBackend } from "../../../crypto/signing/backend.ts";
import type { GlobalOptions } from "./global_options.ts";

/** Returns the operator key pinned by `--key`; null without it. That of a sealed file is believed as it stands, unless its passphrase is given. */
export async function pinnedOperator(globals: GlobalOptions, backend: SignatureBackend): Promise<string | null> {
  const { key, passphraseFile } = globals;
  if (key === null) return null;
  const read = passphraseFile === null ? readKeyIdentity(key, backend) : unlockKeyFile(key, passphraseFile, backend);
  return (await read).operatorKey;
}
