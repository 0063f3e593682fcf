/** The ends of epochs that a client keeps beside its roster file (`cluster.json.latest`), read by whoever wants to know what they prove. */
import { ConfigError } from "../../crypto/config_error.ts";
import { type Field, parseJson, readBase64, readList, readObject, refuse } from "../../crypto/strict_json.ts";
import type { EpochEnd } from "../../protocol/epochs/epoch_end.ts";
import { DecodeError, epochEndCodec } from "../../transport/codec/mod.ts";

const MAX_CHARS = 16 * 1024 * 1024;
const MAX_ENDS = 16384;

function readEnd(field: Field): EpochEnd {
  try {
    return epochEndCodec.decode(readBase64(field));
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    return refuse(field, "the end of an epoch", `bytes that are none (${cause.message})`);
  }
}

/** Parses such a file strictly, without judging it. Throws `ConfigError`. */
export function parseEndsFile(text: string): EpochEnd[] {
  const { ends } = readObject(parseJson(text, MAX_CHARS), ["ends"]);
  const found = readList(ends, 1, MAX_ENDS).map(readEnd);
  const gap = found.findIndex(({ epoch }, i) => i > 0 && epoch !== found[i - 1]!.epoch + 1);
  if (gap < 0) return found;
  throw new ConfigError(
    `$.ends[${gap}]: given the end of epoch ${found[gap]!.epoch}, wanted that of ${found[gap - 1]!.epoch + 1}`,
  );
}
