/** The greeting, 64 bytes with which each side begins (RFC 37, and 23 for version 3.0). */
import { ascii, hasAt, printable } from "../ascii.ts";
import { GREETING_BYTES } from "../limits.ts";
import { Violation } from "../violation.ts";

export type MechanismName = "NULL" | "CURVE";

/** Its signature is 0xFF, eight bytes of padding that say nothing, and 0x7F. */
const SIGNATURE_END = 9;
const MAJOR = 10;
const MINOR = 11;
const MECHANISM = 12;
const AS_SERVER = 32;
const FILLER = 33;
const OWN_MAJOR = 3;
const OWN_MINOR = 1;

const FIELDS: Readonly<Record<MechanismName, Uint8Array>> = {
  NULL: mechanismField("NULL"),
  CURVE: mechanismField("CURVE"),
};

/** Returns this side's greeting, of version 3.1. */
export function greeting(mechanism: MechanismName, isServer: boolean): Uint8Array {
  const bytes = new Uint8Array(GREETING_BYTES);
  bytes[0] = 0xff;
  bytes[SIGNATURE_END] = 0x7f;
  bytes[MAJOR] = OWN_MAJOR;
  bytes[MINOR] = OWN_MINOR;
  bytes.set(FIELDS[mechanism], MECHANISM);
  bytes[AS_SERVER] = isServer ? 1 : 0;
  return bytes;
}

/**
 * Judges what has come of the other side's greeting, at most all of it, as early as it can be judged. Throws a {@linkcode Violation}.
 *
 * The mechanism has to be this side's, byte for byte: nobody can talk it down. Later versions are taken for what they are, as the
 * specification demands, and talk ours.
 */
export function checkGreeting(bytes: Uint8Array, mechanism: MechanismName, isServer: boolean): void {
  const has = (place: number) => bytes.length > place;
  if (has(0) && bytes[0] !== 0xff) throw notZmtp(bytes);
  if (has(SIGNATURE_END) && bytes[SIGNATURE_END] !== 0x7f) throw notZmtp(bytes);
  if (has(MAJOR) && bytes[MAJOR]! < OWN_MAJOR) {
    throw new Violation("version", `ZMTP of major version ${bytes[MAJOR]}, want ${OWN_MAJOR}`);
  }
  if (has(AS_SERVER - 1) && !hasAt(bytes, MECHANISM, FIELDS[mechanism])) {
    const named = printable(bytes.subarray(MECHANISM, AS_SERVER));
    throw new Violation("mechanism", `Mechanism ${JSON.stringify(named)}, want ${mechanism}`);
  }
  if (has(AS_SERVER)) checkRole(bytes[AS_SERVER]!, mechanism, isServer);
  if (has(GREETING_BYTES - 1)) checkFiller(bytes);
}

/** Returns the minor version spoken: the other side's, if it is below this side's. */
export function minorVersion(bytes: Uint8Array): 0 | 1 {
  return bytes[MAJOR] === OWN_MAJOR && bytes[MINOR] === 0 ? 0 : OWN_MINOR;
}

/** libzmq says 0 even of a server, so that nothing but two servers can be told. */
function checkRole(asServer: number, mechanism: MechanismName, isServer: boolean): void {
  if (asServer > 1) throw new Violation("role", `An as-server byte of ${asServer}, want 0 or 1`);
  if (asServer === 1 && mechanism === "NULL") throw new Violation("role", "A server of NULL, which has none");
  if (asServer === 1 && isServer) throw new Violation("role", "Both sides want to be the server");
}

/** The filler is zero in the versions there are; later ones may use it. */
function checkFiller(bytes: Uint8Array): void {
  if (bytes[MAJOR]! > OWN_MAJOR || bytes[MINOR]! > OWN_MINOR) return;
  if (bytes.subarray(FILLER, GREETING_BYTES).some((byte) => byte !== 0)) {
    throw new Violation("not-zmtp", "A filler that is not zero");
  }
}

function mechanismField(name: MechanismName): Uint8Array {
  const field = new Uint8Array(AS_SERVER - MECHANISM);
  field.set(ascii(name));
  return field;
}

function notZmtp(bytes: Uint8Array): Violation {
  return new Violation("not-zmtp", `${JSON.stringify(printable(bytes.subarray(0, 16)))}, want a ZMTP signature`);
}
