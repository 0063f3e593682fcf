/** Encoding of what callers gave: what is out of its limits is their mistake. */
import { encodeKvCommand, encodeKvWatch, type KvCommand, type KvWatch } from "../../state_machine/mod.ts";
import { UsageError } from "../errors.ts";

/** Encodes a command. Throws {@linkcode UsageError} naming the field that is out of its limits. */
export const encodeCommand = (command: KvCommand): Uint8Array => encoded(() => encodeKvCommand(command));

/** Encodes a watch. Throws {@linkcode UsageError} naming the field that is out of its limits. */
export const encodeWatch = (watch: KvWatch): Uint8Array => encoded(() => encodeKvWatch(watch));

function encoded(encode: () => Uint8Array): Uint8Array {
  try {
    return encode();
  } catch (cause) {
    if (cause instanceof RangeError) throw new UsageError(cause.message, { cause });
    throw cause;
  }
}
