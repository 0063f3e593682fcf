/**
 * Lines chained together: each ends with a check over itself and the check before it, so that a changed, missing or moved line is noticed.
 * Not a signature: rewriting the whole rest of the file goes unnoticed.
 */
import { createHash } from "node:crypto";
import { ConfigError } from "../../crypto/config_error.ts";
import { type Field, parseJson } from "../../crypto/strict_json.ts";
import { LIMITS } from "../../protocol/limits.ts";

const CHECK_DIGITS = 16;
const CHECKED = new RegExp(`^(.*),"check":"([0-9a-f]{${CHECK_DIGITS}})"\\}$`, "s");

/** Maximum characters of a line: the frames of a packet in base64, and ample room for the rest. */
export const MAX_LINE_CHARS = 2 * LIMITS.maxPacketBytes;

/** Writes or reads the lines of one file, in order. */
export class Chain {
  #check = "";

  /** Returns `members` as the next line, without the line end. */
  line(members: object): string {
    const json = JSON.stringify(members);
    this.#check = this.#next(json);
    return `${json.slice(0, -1)},"check":"${this.#check}"}`;
  }

  /** Returns the members of the next line. Throws `ConfigError` if it is not the one that was written. */
  read(line: string): Field {
    const [, members, check] = CHECKED.exec(line) ?? [];
    if (members === undefined) throw new ConfigError("$: given a line without a check, wanted one of a recording");
    const json = `${members}}`;
    const wanted = this.#next(json);
    if (check !== wanted) {
      throw new ConfigError(`$.check: given ${check}, wanted ${wanted}: this line or one before it was changed`);
    }
    this.#check = wanted;
    return parseJson(json, MAX_LINE_CHARS);
  }

  #next(json: string): string {
    return createHash("sha256").update(this.#check).update(json).digest("hex").slice(0, CHECK_DIGITS);
  }
}
