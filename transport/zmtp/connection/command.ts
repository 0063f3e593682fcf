/** Commands as they stand in a frame: a name behind its length, and data. */
import { ascii, joined, printable } from "./ascii.ts";
import { Violation } from "./violation.ts";

/** A command taken apart. */
export interface Command {
  readonly name: string;
  readonly data: Uint8Array;
}

/** Returns the body of a command's frame. */
export function command(name: string, ...data: readonly Uint8Array[]): Uint8Array {
  return joined(Uint8Array.of(name.length), ascii(name), ...data);
}

/** Takes a command's body apart; its data are a view. Throws a {@linkcode Violation}. */
export function parseCommand(body: Uint8Array): Command {
  const length = body[0] ?? 0;
  if (length === 0 || 1 + length > body.length) {
    throw new Violation("command", `A command of ${body.length} bytes whose name has ${length}`);
  }
  return { name: printable(body.subarray(1, 1 + length)), data: body.subarray(1 + length) };
}

/** Returns an ERROR command. A reason of more than 255 characters is cut. */
export function errorCommand(reason: string): Uint8Array {
  const text = ascii(printable(ascii(reason)).slice(0, 255));
  return command("ERROR", Uint8Array.of(text.length), text);
}

/** Returns the reason of an ERROR, as text that can be logged; libzmq's own may be empty. */
export function errorReason(data: Uint8Array): string {
  const length = data[0];
  if (length === undefined || length + 1 > data.length) throw new Violation("handshake-command", "A malformed ERROR");
  return printable(data.subarray(1, 1 + length));
}
