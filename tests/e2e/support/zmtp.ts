/** ZeroMQ's protocol, ZMTP 3.0 without security (RFC 23), written by hand for tests that do with it what no library would. */

const SIGNATURE = [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f];
const VERSION = [3, 0];
const GREETING_BYTES = 64;
/** The shortest READY command that names a socket type. */
const READY_BYTES = 27;
const LONG_FLAG = 2;
const COMMAND_FLAG = 4;

export type SocketType = "ROUTER" | "DEALER" | "PUB";

/** Returns the greeting and READY command of a socket of `type`, which may be sent in one go. */
export function introduction(type: SocketType): Uint8Array {
  const greeting = new Uint8Array(GREETING_BYTES);
  greeting.set([...SIGNATURE, ...VERSION, ...utf8("NULL")]);
  const property = [...short(utf8("Socket-Type")), 0, 0, 0, ...short(utf8(type))];
  return new Uint8Array([...greeting, COMMAND_FLAG, ...short([...short(utf8("READY")), ...property])]);
}

/** Reads the other side's greeting and READY command, and perhaps more. Throws if it closes before. */
export async function readIntroduction(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(64 * 1024);
  for (let size = 0; size < GREETING_BYTES + READY_BYTES;) {
    const count = await connection.read(buffer);
    if (count === null) throw new Error(`the other side closed after ${size} bytes, wanted its introduction`);
    size += count;
  }
}

/** Writes all of `bytes`, unless the other side closes before. */
export async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

/** Returns `count` messages of one byte. */
export const oneByteMessages = (count: number): Uint8Array => new Uint8Array(Array(count).fill([0, 1, 7]).flat());

/** Returns `count` empty messages, which take two bytes each. */
export const emptyMessages = (count: number): Uint8Array => new Uint8Array(2 * count);

/** Returns the header of a message of 2^40 bytes. */
export const endlessMessage = (): Uint8Array => new Uint8Array([LONG_FLAG, 0, 0, 1, 0, 0, 0, 0, 0]);

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Returns bytes after their number. */
const short = (bytes: ArrayLike<number>): number[] => [bytes.length, ...Array.from(bytes)];
