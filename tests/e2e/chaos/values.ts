/** Values derived from the name of the operation that wrote them, length included, so that large ones need not be stored. */
import { decodeKvResult, encodeKvResult } from "../../../state_machine/mod.ts";

const UTF8 = new TextEncoder();
const MOST_BYTES = 6000;

/** Returns the value that operation `id` writes: its name and a filling that follows from it. */
export function valueOf(id: number): Uint8Array {
  let state = Math.imul(id + 1, 2654435761) >>> 0;
  const draw = () => state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  const name = nameOf(id);
  const bytes = new Uint8Array(name.length + 1 + draw() % MOST_BYTES);
  for (let i = name.length + 1; i < bytes.length; i++) bytes[i] = draw() >>> 24;
  bytes.set(name);
  return bytes;
}

/** Returns the name that stands for that value in a history. */
export const nameOf = (id: number): Uint8Array => UTF8.encode(`op${id}`);

/** Returns the name of a value, that of the operation that wrote it. Throws if it is not, byte for byte, what was written. */
export function nameIn(value: Uint8Array): string {
  const name = new TextDecoder().decode(value.subarray(0, value.indexOf(0)));
  const id = Number(/^op(\d+)$/.exec(name)?.[1] ?? NaN);
  const whole = Number.isSafeInteger(id) ? valueOf(id) : null;
  if (whole === null || whole.length !== value.length || whole.some((byte, i) => byte !== value[i])) {
    throw new Error(
      `a value was read that nobody wrote, ${value.length} bytes beginning with ${value.subarray(0, 24).toHex()}`,
    );
  }
  return name;
}

/** Returns a result with its value, if it has one, replaced by its name. Throws if a value is not what was written. */
export function shortened(result: Uint8Array): Uint8Array {
  const decoded = decodeKvResult(result);
  return decoded?.status !== "value"
    ? result
    : encodeKvResult({ ...decoded, value: UTF8.encode(nameIn(decoded.value)) });
}
