/** Choice of the signature backend at start. */
import { hex, sha256, unhex } from "../digest.ts";
import type { SignatureBackend } from "./backend.ts";
import { loadNativeBackend } from "./native_backend.ts";
import { nobleBackend } from "./noble_backend.ts";

/** The backend asked for: `auto` takes the native one if it loads and noble otherwise. */
export type BackendChoice = "auto" | "noble" | "native";

/** A signature backend, and the reason why it is not the native one. */
export interface LoadedBackend {
  readonly backend: SignatureBackend;
  /** Reason for which `auto` fell back to noble; null if the native backend loaded, or if noble was asked for. */
  readonly fallbackReason: string | null;
}

/** A well-known RFC 6979 signature: key 1, message "Satoshi Nakamoto". */
const KNOWN_KEY = unhex("00".repeat(31) + "01");
const KNOWN_DIGEST = sha256(new TextEncoder().encode("Satoshi Nakamoto"));
const KNOWN_SIGNATURE = "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8" +
  "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5";

/** Throws unless the backend makes and accepts the well-known signature and refuses it for another digest. */
export function selfTest(backend: SignatureBackend): void {
  const signature = backend.sign(KNOWN_DIGEST, KNOWN_KEY);
  const publicKey = backend.publicKey(KNOWN_KEY);
  const made = hex(signature) === KNOWN_SIGNATURE;
  const accepted = backend.verify(signature, KNOWN_DIGEST, publicKey);
  const refused = !backend.verify(signature, sha256(KNOWN_DIGEST), publicKey);
  if (made && accepted && refused) return;
  throw new Error(
    `self-test of ${backend.name}: made ${made}, accepted ${accepted}, refused ${refused}; wanted all true`,
  );
}

/** The loader's messages span several lines; a log line must not. */
const oneLine = (text: string): string => text.trim().replaceAll(/\s+/g, " ");

async function loadNative(load: () => Promise<SignatureBackend>): Promise<SignatureBackend> {
  const backend = await load();
  selfTest(backend);
  return backend;
}

/**
 * Loads the backend. Rejects only if `native` was asked for and does not load, naming the reason.
 *
 * @param load replaces the loading of the native add-on, for tests.
 */
export async function loadBackend(
  choice: BackendChoice,
  load: () => Promise<SignatureBackend> = loadNativeBackend,
): Promise<LoadedBackend> {
  if (choice === "noble") return { backend: nobleBackend, fallbackReason: null };
  try {
    return { backend: await loadNative(load), fallbackReason: null };
  } catch (cause) {
    const reason = oneLine(cause instanceof Error ? cause.message : String(cause));
    if (choice === "auto") return { backend: nobleBackend, fallbackReason: reason };
    throw new Error(
      `signature backend: wanted native (libsecp256k1), which did not load; noble or auto would run here. Reason: ${reason}`,
      { cause },
    );
  }
}
