/**
 * Ends of epochs kept beside the roster file that a client begins with (§13.12): in `cluster.json.latest` the ends from that roster on. None of it is believed but by
 * the roster before, so a file that somebody else has written is worth no more than none.
 */
import { ConfigError } from "../../crypto/config_error.ts";
import { readSmallFile, replaceFile } from "../../crypto/files.ts";
import type { SignedRoster } from "../../crypto/roster/parse_roster.ts";
import { followEnds, type Step } from "../../crypto/roster/verify_end.ts";
import type { SignatureBackend } from "../../crypto/signing/backend.ts";
import type { EpochEnd } from "../../protocol/epochs/epoch_end.ts";
import { DecodeError, epochEndCodec } from "../../transport/codec/mod.ts";

/** Bytes of the file: thousands of ends. What goes beyond is asked for again at the next start. */
export const MAX_STORE_BYTES = 16 * 1024 * 1024;
const MODE = 0o644;

export class RosterStore {
  readonly path: string;
  /** Those that lead from the roster given to the newest known. */
  #ends: readonly EpochEnd[] = [];
  #written: Promise<void> = Promise.resolve();

  /** The store of the roster file at `rosterPath`. */
  constructor(rosterPath: string) {
    this.path = `${rosterPath}.latest`;
  }

  /** Returns the newest roster that the ends kept lead to from `given`: that one itself where they lead nowhere, or there is nothing to be read. */
  async read(given: SignedRoster, backend: SignatureBackend): Promise<SignedRoster> {
    const steps = followEnds(given, endsIn(await textAt(this.path)), backend);
    this.#ends = steps.map(({ end }) => end);
    return steps.at(-1)?.next ?? given;
  }

  /** Keeps further steps; they are durable when the promise resolves. Rejects with `ConfigError` where nothing can be written. */
  add(steps: readonly Step[]): Promise<void> {
    this.#ends = [...this.#ends, ...steps.map(({ end }) => end)];
    const text = textOf(this.#ends);
    this.#written = this.#written.catch(() => {}).then(() => this.#write(text));
    return this.#written;
  }

  async #write(text: string): Promise<void> {
    if (text.length <= MAX_STORE_BYTES) await replaceFile(this.path, text, MODE);
  }
}

/** Returns nothing for a file that is none, or too long. */
async function textAt(path: string): Promise<string> {
  try {
    return (await readSmallFile(path, MAX_STORE_BYTES)).text;
  } catch (error) {
    if (error instanceof ConfigError) return "";
    throw error;
  }
}

const textOf = (ends: readonly EpochEnd[]): string =>
  `${JSON.stringify({ ends: ends.map((end) => epochEndCodec.encode(end).toBase64()) })}\n`;

/** Returns the ends in the text of a store, up to the first that is none. */
function endsIn(text: string): EpochEnd[] {
  const ends: EpochEnd[] = [];
  try {
    const { ends: encoded } = JSON.parse(text);
    for (const each of encoded) ends.push(epochEndCodec.decode(Uint8Array.fromBase64(each)));
  } catch (error) {
    const isForeign = error instanceof SyntaxError || error instanceof TypeError || error instanceof DecodeError;
    if (!isForeign) throw error;
  }
  return ends;
}
