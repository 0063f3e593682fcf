import { copyOf } from "../../crypto/short_arrays.ts";
import { type Command, parseCommand } from "../command.ts";
import type { Codec } from "./codec.ts";
import { COMMAND, MORE } from "./frame_header.ts";
import type { FrameReader } from "./frame_reader.ts";
import { PacketAssembler } from "./packet_assembler.ts";

/** Reads messages and commands of an established connection. */
export class MessageReader {
  readonly #reader: FrameReader;
  readonly #codec: Codec;
  readonly #packet: PacketAssembler;
  readonly #onCommand: (command: Command) => void;

  constructor(
    reader: FrameReader,
    codec: Codec,
    limits: { readonly packetBytes: number; readonly packetFrames: number },
    onCommand: (command: Command) => void,
  ) {
    this.#reader = reader;
    this.#codec = codec;
    this.#packet = new PacketAssembler(limits);
    this.#onCommand = onCommand;
  }

  /** Messages dropped because they exceeded a limit. */
  get refused(): number {
    return this.#packet.refused;
  }

  /** Bytes of frames kept of a message that is not whole. */
  get keptBytes(): number {
    return this.#packet.keptBytes;
  }

  /** Returns the next whole message, null if none has come; commands on the way are handed on. Throws a violation. */
  next(): Uint8Array[] | null {
    const reader = this.#reader;
    const codec = this.#codec;
    const packet = this.#packet;
    while (reader.next(this.#judge)) {
      if (reader.skipped) {
        packet.skip((reader.flags & MORE) !== 0);
        continue;
      }
      codec.open(reader);
      if ((codec.flags & COMMAND) !== 0) {
        this.#onCommand(parseCommand(codec.bytes.subarray(codec.at, codec.at + codec.length)));
        continue;
      }
      const hasMore = (codec.flags & MORE) !== 0;
      if (!codec.isClear && !packet.admits(codec.length)) {
        packet.skip(hasMore);
        continue;
      }
      const message = packet.push(ownFrame(codec), hasMore);
      if (message !== null) return message;
    }
    return null;
  }

  readonly #judge = (flags: number, size: number): boolean => {
    this.#codec.checkHeader(flags, size);
    return !this.#codec.isClear || (flags & COMMAND) !== 0 || this.#packet.admits(size);
  };
}

/** Returns the frame as an array of its own: what it was read into is used again, unless the frame had it for itself. */
function ownFrame({ bytes, at, length }: Codec): Uint8Array {
  return at === 0 && length === bytes.length ? bytes : copyOf(bytes, at, length);
}
