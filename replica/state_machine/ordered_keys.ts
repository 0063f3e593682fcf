/**
 * A set of strings in UTF-8 byte order, kept in blocks so that an insertion moves at most one block. What it answers depends only
 * on its content, never on the order of insertion.
 */
import { compareUtf8 } from "./compare_utf8.ts";

/** Keys in one block; a fuller one is split in two. */
const MAX_BLOCK = 512;

export class OrderedKeys {
  /** Non-empty blocks, ascending. */
  readonly #blocks: string[][] = [];

  /** A set of `keys`, which must be strictly ascending already. */
  static fromSorted(keys: readonly string[]): OrderedKeys {
    const ordered = new OrderedKeys();
    for (let at = 0; at < keys.length; at += MAX_BLOCK / 2) ordered.#blocks.push(keys.slice(at, at + MAX_BLOCK / 2));
    return ordered;
  }

  /** Adds a key; one that is there already changes nothing. */
  add(key: string): void {
    const at = this.#blockFor(key);
    const block = this.#blocks[at];
    if (block === undefined) {
      this.#blocks.push([key]);
      return;
    }
    const place = lowerBound(block, key);
    if (block[place] === key) return;
    block.splice(place, 0, key);
    if (block.length > MAX_BLOCK) this.#blocks.splice(at + 1, 0, block.splice(MAX_BLOCK / 2));
  }

  /** Removes a key; one that is not there changes nothing. */
  delete(key: string): void {
    const at = this.#blockFor(key);
    const block = this.#blocks[at];
    if (block === undefined) return;
    const place = lowerBound(block, key);
    if (block[place] !== key) return;
    block.splice(place, 1);
    if (block.length === 0) this.#blocks.splice(at, 1);
  }

  /** All keys at or above `from`, ascending. The set must not change while they are read. */
  *from(from: string): Generator<string> {
    let at = this.#blockFor(from);
    let place = lowerBound(this.#blocks[at] ?? [], from);
    for (; at < this.#blocks.length; at++, place = 0) {
      const block = this.#blocks[at] ?? [];
      for (; place < block.length; place++) yield block[place] ?? "";
    }
  }

  /** The last block whose first key is at or below `key`, or 0. */
  #blockFor(key: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareUtf8(this.#blocks[middle]?.[0] ?? "", key) <= 0) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }
}

/** Place of the first key of `block` at or above `key`. */
function lowerBound(block: readonly string[], key: string): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareUtf8(block[middle] ?? "", key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
