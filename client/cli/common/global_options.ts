/** The options that every client command takes. */
import type { BackendChoice } from "../../../crypto/signing/load_backend.ts";
import type { TransportEngine } from "../../../transport/mod.ts";

/** Options that come before the command, or after it. */
export interface GlobalOptions {
  readonly cluster: string | null;
  readonly key: string | null;
  /** File of the passphrase that the key file is sealed with; null for a plain one. */
  readonly passphraseFile: string | null;
  readonly json: boolean;
  readonly help: boolean;
  readonly timeoutMs: number;
  readonly crypto: BackendChoice;
  readonly transport: TransportEngine;
  readonly insecurePlaintext: boolean;
}
