/** The bytes of a `PutRequest` of etcd's API (rpc.proto): key is field 1, value field 2, both bytes. */

const UTF8 = new TextEncoder();
const KEY = 1 << 3 | 2;
const VALUE = 2 << 3 | 2;

/** Returns the request as one gRPC message: not compressed, with its length before it. */
export function framePut(key: string, value: Uint8Array): Uint8Array {
  const keyBytes = UTF8.encode(key);
  const head = [KEY, ...varint(keyBytes.length), ...keyBytes, VALUE, ...varint(value.length)];
  const frame = new Uint8Array(5 + head.length + value.length);
  new DataView(frame.buffer).setUint32(1, frame.length - 5);
  frame.set(head, 5);
  frame.set(value, 5 + head.length);
  return frame;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push(value % 128 + 128);
  return [...bytes, value];
}
