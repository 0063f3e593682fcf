/** Choice of the signature backend at start. */
import { hex, sha256, unhex } from "../digest.ts";
import type { BackendName, SignatureBackend } from "./backend.ts";
import { loadPackageBackend, loadSystemBackend } from "./load_ffi_backend.ts";
import { loadNativeBackend } from "./native_backend.ts";
import { nobleBackend } from "./noble_backend.ts";

/** The backend asked for: `auto` takes the best that loads, `native` the same but never noble. */
export type BackendChoice = "auto" | "noble" | "native";

/** A signature backend, and the reason why it is not a better one. */
export interface LoadedBackend {
  readonly backend: SignatureBackend;
  /** Reasons for which better ones were not taken; null if there is none, or if noble was asked for. */
  readonly fallbackReason: string | null;
  /** True if that is worth a warning: the C functions are out of reach, or some code gave a wrong answer. */
  readonly isDegraded: boolean;
  /** Threads that check signatures ahead for it; none if left out. */
  readonly threads?: number;
}

/** A way to come by a native backend. */
export interface BackendSource {
  readonly name: BackendName;
  load(): SignatureBackend | Promise<SignatureBackend>;
}

/** Returns `source` such that it loads once: a library stays in the process, and permissions for a second time may be gone. */
function once({ name, load }: BackendSource): BackendSource {
  let loaded: SignatureBackend | null = null;
  return { name, load: async () => loaded ??= await load() };
}

/** The native backends, from the best. */
export const NATIVE_SOURCES: readonly BackendSource[] = [
  once({ name: "libsecp256k1-system", load: () => loadSystemBackend() }),
  once({ name: "libsecp256k1-npm", load: loadPackageBackend }),
  once({ name: "libsecp256k1-napi", load: loadNativeBackend }),
];

/** A well-known RFC 6979 signature: key 1, whose public key is the generator, and the message "Satoshi Nakamoto". */
const KNOWN_KEY = unhex("00".repeat(31) + "01");
const KNOWN_PUBLIC_KEY = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const KNOWN_DIGEST = sha256(new TextEncoder().encode("Satoshi Nakamoto"));
const KNOWN_SIGNATURE = "934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8" +
  "2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5";

/** A backend that loads and gives wrong answers. */
class SelfTestError extends Error {}

/** Throws unless the backend derives the well-known key, makes and accepts the well-known signature and refuses it for another digest. */
export function selfTest(backend: SignatureBackend): void {
  const publicKey = unhex(KNOWN_PUBLIC_KEY);
  const derived = hex(backend.publicKey(KNOWN_KEY)) === KNOWN_PUBLIC_KEY;
  const made = hex(backend.sign(KNOWN_DIGEST, KNOWN_KEY)) === KNOWN_SIGNATURE;
  const accepted = backend.verify(unhex(KNOWN_SIGNATURE), KNOWN_DIGEST, publicKey);
  const refused = !backend.verify(unhex(KNOWN_SIGNATURE), sha256(KNOWN_DIGEST), publicKey);
  if (derived && made && accepted && refused) return;
  throw new SelfTestError(
    `self-test of ${backend.name}: derived ${derived}, made ${made}, accepted ${accepted}, refused ${refused}; wanted all true`,
  );
}

/** The loader's messages span several lines; a log line must not. */
const oneLine = (text: string): string => text.trim().replaceAll(/\s+/g, " ");

interface Failure {
  readonly reason: string;
  readonly cause: unknown;
}

/**
 * Loads the best backend there is. Rejects only if `native` was asked for and none loads, naming the reasons.
 *
 * @param sources replaces the native backends, for tests.
 */
export async function loadBackend(
  choice: BackendChoice,
  sources: readonly BackendSource[] = NATIVE_SOURCES,
): Promise<LoadedBackend> {
  if (choice === "noble") return { backend: nobleBackend, fallbackReason: null, isDegraded: false };
  const failures: Failure[] = [];
  for (const { name, load } of sources) {
    try {
      const backend = await load();
      selfTest(backend);
      return loadedAfter(failures, backend);
    } catch (cause) {
      failures.push({ reason: oneLine(`${name}: ${cause instanceof Error ? cause.message : cause}`), cause });
    }
  }
  if (choice === "auto") return loadedAfter(failures, nobleBackend);
  throw new Error(
    `signature backend: wanted native (libsecp256k1), which did not load; noble or auto would run here. Reason: ${
      reasonOf(failures)
    }`,
    { cause: failures.at(-1)?.cause },
  );
}

const reasonOf = (failures: readonly Failure[]): string => failures.map(({ reason }) => reason).join("; ");

/** The package's C functions instead of the system's are no loss worth a warning; anything below them is. */
function loadedAfter(failures: readonly Failure[], backend: SignatureBackend): LoadedBackend {
  if (failures.length === 0) return { backend, fallbackReason: null, isDegraded: false };
  const isSlow = backend.name === "libsecp256k1-napi" || backend.name === "noble";
  const isWrong = failures.some(({ cause }) => cause instanceof SelfTestError);
  return { backend, fallbackReason: reasonOf(failures), isDegraded: isSlow || isWrong };
}
